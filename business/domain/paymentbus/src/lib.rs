//! Everything the product knows about payments.
//!
//! A payment goes through three units of work, so that no transaction waits for a provider:
//!
//! 1. [`Business::begin`] or [`Business::begin_deposit`] writes down what is going to be asked for, under an id that the
//!    provider will know it by;
//! 2. [`Business::ask`] asks for the money, in no transaction;
//! 3. [`Business::settle`] writes down what became of it together with all that follows: the order is paid, the ledger has
//!    its entries, the event is told. All or nothing.
//!
//! Whoever dies in between leaves a pending payment. It is settled by whoever comes first: the client's own repetition, a
//! notice of the provider, or the job that looks after it ([`Business::look_after`]). Each of them ends in `settle`, which
//! does everything once. Money that comes for an order that is gone is sent back.

mod books;
mod event;
mod later;
mod method;
mod model;
mod reconcile;
mod store;

use cards::{ChargeId, Reason, Token};
use sqldb::Db;
use types::{Amount, OrderId, PaymentId, Scope, UserId};

pub use crate::event::ENTITY;
pub use crate::later::{Return, register};
use crate::method::Methods;
pub use crate::model::{MethodKind, Outcome, Payment, Status, Step, Subject};
pub use crate::reconcile::{Fault, Finding, Report};
use crate::store::Store;

/// The largest amount of a payment, in minor units: that of the largest order.
pub const MAX_AMOUNT: i64 = orderbus::Order::MAX_TOTAL;

/// What can be done with payments.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
    orders: orderbus::Business,
    wallets: walletbus::Business,
    methods: Methods,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such payment.
    #[error("no such payment")]
    NotFound,
    /// The order cannot be paid for, or not be taken back.
    #[error(transparent)]
    Order(#[from] orderbus::Error),
    /// The wallet lacks the money, or can't hold it.
    #[error(transparent)]
    Wallet(#[from] walletbus::Error),
    /// Another payment for the order is not decided yet.
    #[error("another payment for this order is not decided yet")]
    UnderWay,
    /// The payment is in a state from which this step leads nowhere.
    #[error("a payment that is {} cannot take this step", .from.as_str())]
    IllegalStep {
        /// The state it is in.
        from: Status,
        /// The step.
        step: Step,
    },
    /// The order was paid for by nothing that is known.
    #[error("how this order was paid for is not known")]
    NoPayment,
    /// The provider has not sent the money back yet.
    #[error("the payment provider has not sent the money back yet")]
    Owed,
    /// No provider of card payments is configured.
    #[error("cards are not taken here")]
    NoCards,
    /// A card is charged by its token.
    #[error("a card needs its token")]
    NoToken,
    /// A charge is not what the payment asked for.
    #[error("the charge {charge_id} is not what the payment asked for")]
    Mismatch {
        /// The charge.
        charge_id: ChargeId,
    },
    /// The provider does not answer, or not as it should.
    #[error("the payment provider failed")]
    Provider(#[from] cards::Error),
    /// The database failed.
    #[error("payments could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of payments, stored in `db`; without a `provider` no card is taken.
    pub fn new(db: Db, provider: Option<cards::Provider>) -> Self {
        Self::of(db, Methods::new(provider))
    }

    fn of(db: Db, methods: Methods) -> Self {
        let (store, orders) = (Store::new(db.clone()), orderbus::Business::new(db.clone()));
        Self { store, orders, wallets: walletbus::Business::new(db.clone()), methods, db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::of(tx.db(), self.methods.clone())
    }

    /// Begins a payment for the order.
    ///
    /// # Errors
    /// [`Error::Order`] when there is none within `scope`, or it cannot be paid for; [`Error::Wallet`],
    /// [`Error::UnderWay`], [`Error::NoCards`], [`Error::Store`].
    pub async fn begin(&self, scope: Scope, order_id: OrderId, method: MethodKind) -> Result<Payment, Error> {
        self.is_taken(method)?;
        self.db
            .atomic(async |tx| {
                let order = self.orders.with_tx(&tx).payable(scope, order_id).await?;
                let payment = Payment::new(order.owner, Subject::Order(order.id), method, order.total);
                self.with_tx(&tx).create(&tx, &payment).await?;
                Ok(payment)
            })
            .await
    }

    /// Begins a payment by card into the wallet of `owner`.
    ///
    /// # Errors
    /// [`Error::NoCards`], [`Error::Store`].
    pub async fn begin_deposit(&self, owner: UserId, amount: Amount) -> Result<Payment, Error> {
        self.is_taken(MethodKind::Card)?;
        self.db
            .atomic(async |tx| {
                let payment = Payment::new(owner, Subject::Deposit, MethodKind::Card, amount.money());
                self.with_tx(&tx).create(&tx, &payment).await?;
                Ok(payment)
            })
            .await
    }

    /// Asks for the money, as often as it is called. What is decided already is not asked for again.
    ///
    /// # Errors
    /// [`Error::Provider`], after which nobody knows whether money moved: the payment stays as it is, and is settled when
    /// that is known. [`Error::Mismatch`], [`Error::NoCards`], [`Error::NoToken`].
    pub async fn ask(&self, payment: &Payment, token: Option<&Token>) -> Result<Outcome, Error> {
        let charge_id = payment.charge_id.clone();
        match payment.status {
            Status::Pending if payment.amount.amount == 0 => Ok(Outcome::Paid(None)),
            Status::Pending => self.methods.of(payment.method).ask(payment, token).await,
            Status::Succeeded => Ok(Outcome::Paid(charge_id)),
            Status::Failed | Status::Refunding | Status::Refunded | Status::Unknown => {
                Ok(Outcome::Undecided(charge_id))
            }
        }
    }

    /// Writes down what became of a payment, with all that follows from it; what is written down already stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Wallet`] when the wallet cannot hold what comes in, [`Error::Store`].
    pub async fn settle(&self, payment_id: PaymentId, outcome: &Outcome) -> Result<Payment, Error> {
        self.db.atomic(async |tx| self.with_tx(&tx).settle_in(&tx, payment_id, outcome).await).await
    }

    /// Takes a paid order back: its copies into the stock, its money to where it came from.
    ///
    /// # Errors
    /// [`Error::Order`] when there is none, it is not paid, or has another version than `expected`; [`Error::NoPayment`],
    /// [`Error::Wallet`], [`Error::Store`].
    pub async fn refund(&self, order_id: OrderId, expected: Option<types::Version>) -> Result<orderbus::Order, Error> {
        self.db
            .atomic(async |tx| {
                // First the payment, then the order, as in `settle`.
                let inner = self.with_tx(&tx);
                let payment = inner.store.lock_paid(order_id).await?;
                let order = inner.orders.refund(order_id, expected).await?;
                let payment = payment.ok_or(Error::NoPayment)?;
                // What cost nothing is back at once.
                let is_free = payment.amount.amount == 0;
                let step = if is_free { Step::Returned } else { self.methods.of(payment.method).refund() };
                inner.step(&tx, &payment, step, None, None).await?;
                Ok(order)
            })
            .await
    }

    /// The payment with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_id(&self, scope: Scope, payment_id: PaymentId) -> Result<Payment, Error> {
        self.store.query_by_id(scope, payment_id).await?.ok_or(Error::NotFound)
    }

    /// The deposit with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_deposit_by_id(&self, scope: Scope, payment_id: PaymentId) -> Result<Payment, Error> {
        let payment = self.query_by_id(scope, payment_id).await?;
        if payment.subject == Subject::Deposit { Ok(payment) } else { Err(Error::NotFound) }
    }

    /// The last payment for the order.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_order(&self, scope: Scope, order_id: OrderId) -> Result<Payment, Error> {
        self.store.last(scope, order_id).await?.ok_or(Error::NotFound)
    }

    /// Writes down what the provider says of a charge.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is of no payment here, [`Error::Mismatch`], and those of [`Business::settle`].
    pub async fn hear(&self, charge: cards::Charge) -> Result<Payment, Error> {
        let payment = self.store.query_by_id(Scope::Any, charge.reference).await?.ok_or(Error::NotFound)?;
        let outcome = payment.outcome(charge)?;
        self.settle(payment.id, &outcome).await
    }

    fn is_taken(&self, method: MethodKind) -> Result<(), Error> {
        match method {
            MethodKind::Wallet => Ok(()),
            MethodKind::Card => self.methods.provider().map(drop),
        }
    }
}

/// Why a payment failed that nobody asked for in time.
pub(crate) fn abandoned() -> Reason {
    Reason::restore("abandoned")
}
