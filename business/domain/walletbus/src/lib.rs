//! The ledger: wallets, the money in them, how it moves.
//!
//! Money moves by double entry: each [`Transfer`] takes an amount out of one account and puts it into another, in one
//! statement, and nothing that was booked is changed. So the entries of all accounts sum to zero in every currency at every
//! moment, which the schema keeps to by itself. An account with an owner has a balance that never goes below zero: those
//! who move the same money wait for each other, in the order of the accounts' ids, so that no two of them wait in a circle.

mod event;
mod filter;
mod model;
mod store;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use types::{Amount, Money, PaymentId, UserId};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter};
pub use crate::model::{Account, Balance, Entry, EntryId, Movement, Reason, ReasonError, Transfer, TransferId};
use crate::store::Store;

/// The most that an account of a user holds, in minor units.
pub const MAX_BALANCE: i64 = 9_007_199_254_740_991;

/// What can be done with wallets.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such transfer.
    #[error("no such transfer")]
    NotFound,
    /// There is less money than was to be moved.
    #[error("there is not enough money: {} {} are left", .available.amount, .available.currency)]
    Insufficient {
        /// What there is.
        available: Money,
    },
    /// The account would hold more than can be counted.
    #[error("the wallet would hold more than {MAX_BALANCE} minor units")]
    TooMuch,
    /// Who sends and who gets are the same.
    #[error("money cannot be sent to oneself")]
    ToOneself,
    /// The database failed.
    #[error("the ledger could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of wallets, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// Sends money from one user to another, who must exist: that is not for the ledger to know.
    ///
    /// # Errors
    /// [`Error::Insufficient`], [`Error::TooMuch`], [`Error::ToOneself`], [`Error::Store`].
    pub async fn transfer(&self, from: UserId, to: UserId, amount: Amount) -> Result<Transfer, Error> {
        if from == to {
            return Err(Error::ToOneself);
        }
        self.db
            .atomic(async |tx| {
                let transfer = post(&tx, Movement::Transfer { from, to }, None, amount.money()).await?;
                changes::record(&tx, &[event::created(&transfer, from, to)]).await?;
                Ok(transfer)
            })
            .await
    }

    /// Books a movement that is part of a payment. A payment has one of each reason: a second one is refused by the schema.
    ///
    /// # Errors
    /// [`Error::Insufficient`], [`Error::TooMuch`], [`Error::Store`].
    pub async fn post(&self, movement: Movement, payment_id: PaymentId, amount: Money) -> Result<Transfer, Error> {
        self.db.atomic(async |tx| post(&tx, movement, Some(payment_id), amount).await).await
    }

    /// What `owner` has, a balance for each currency in which there ever was some, in the order of their codes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn balances(&self, owner: UserId) -> Result<Vec<Balance>, Error> {
        Ok(self.store.balances(owner).await?)
    }

    /// A page of the entries of `owner`'s wallet that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        owner: UserId,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Entry>, Error> {
        let total = if page.total { Some(self.store.count(owner, filter).await?) } else { None };
        Ok(self.store.query(owner, filter, &order_by, page, total).await?)
    }

    /// The transfer with this id, which `owner` sent or got.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::Store`].
    pub async fn query_by_id(&self, owner: UserId, transfer_id: TransferId) -> Result<Transfer, Error> {
        self.store.query_by_id(owner, transfer_id).await?.ok_or(Error::NotFound)
    }

    /// Adds up all entries: what the accounts of each kind hold in each currency, and whether the books are right.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn audit(&self) -> Result<Audit, Error> {
        Ok(self.store.audit().await?)
    }
}

/// Whether the books are right, as the entries themselves say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What the accounts of each kind hold, by kind and currency.
    pub totals: Vec<(String, Money)>,
    /// The currencies whose entries do not sum to zero. None, ever.
    pub unbalanced: Vec<Money>,
    /// How many accounts have a balance that is not the sum of their entries. None, ever.
    pub drifted: u64,
}

impl Audit {
    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.unbalanced.is_empty() && self.drifted == 0
    }
}

/// Moves the money. The accounts that have owners stay locked until the transaction ends.
async fn post(
    tx: &sqldb::Tx,
    movement: Movement,
    payment_id: Option<PaymentId>,
    amount: Money,
) -> Result<Transfer, Error> {
    let store = Store::new(tx.db());
    let (from, to) = movement.sides();
    let [source, target] = store.lock([from, to], amount.currency).await?;
    if let Some(balance) = source.balance
        && balance < amount.amount
    {
        return Err(Error::Insufficient { available: Money { amount: balance, ..amount } });
    }
    if target.balance.is_some_and(|balance| amount.amount > MAX_BALANCE - balance) {
        return Err(Error::TooMuch);
    }
    let transfer = Transfer { id: TransferId::new(), movement, amount, created_at: types::now() };
    store.create(&transfer, payment_id, [&source, &target]).await?;
    Ok(transfer)
}
