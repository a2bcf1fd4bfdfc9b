//! Everything the product knows about orders.

mod event;
mod filter;
mod model;
mod store;

use chrono::TimeDelta;
use moviebus::{Copies, SaleError};
use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use types::{MovieId, OrderId, Scope, Timestamp, UserId, Version};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter};
pub use crate::model::{Item, ItemsError, NewItem, NewOrder, Order, Quantity, RangeError, Status, StatusError, Step};
use crate::store::Store;

/// How long a pending order keeps its copies: whoever wants them has paid by then, and others want them too.
pub const PENDING_FOR: TimeDelta = TimeDelta::minutes(30);

/// What can be done with orders.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
    movies: moviebus::Business,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such order.
    #[error("no such order")]
    NotFound,
    /// The order has another version than was expected.
    #[error("the order was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version it has now.
        current: Version,
    },
    /// The order is in a state from which this step leads nowhere.
    #[error("an order that is {} cannot be {}", .from.as_str(), .step.as_str())]
    IllegalStep {
        /// The state it is in.
        from: Status,
        /// The step that was asked for.
        step: Step,
    },
    /// There is no such film.
    #[error("there is no film {0}")]
    UnknownMovie(MovieId),
    /// There are fewer copies of a film than were ordered.
    #[error("not enough copies of {} are left: {left}", .title.as_str())]
    SoldOut {
        /// The film.
        title: moviebus::Title,
        /// The copies that there are.
        left: i32,
    },
    /// The films have prices in several currencies, which have no sum.
    #[error("the films are priced in several currencies")]
    Currencies,
    /// The database failed.
    #[error("orders could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of orders, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), movies: moviebus::Business::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// Places an order of `owner`: takes the copies from the stock at the prices of now, all of them or none.
    ///
    /// # Errors
    /// [`Error::UnknownMovie`], [`Error::SoldOut`], [`Error::Currencies`], [`Error::Store`].
    pub async fn create(&self, owner: UserId, new: &NewOrder) -> Result<Order, Error> {
        self.db
            .atomic(async |tx| {
                let wanted: Vec<_> = new.items().iter().map(|item| copies(item.movie_id, item.quantity)).collect();
                let movies = self.movies.with_tx(&tx).take(&wanted).await?;
                let order = new.at_prices_of(&movies, OrderId::new(), owner, types::now())?;
                Store::new(tx.db()).create(&order).await?;
                changes::record(&tx, &[event::created(&order)]).await?;
                Ok(order)
            })
            .await
    }

    /// Gives up the order, which is not paid yet, if `expected` is its version or `None`, and puts its copies back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::EditConflict`] when it has another version,
    /// [`Error::IllegalStep`], [`Error::Store`].
    pub async fn cancel(&self, scope: Scope, order_id: OrderId, expected: Option<Version>) -> Result<Order, Error> {
        self.db.atomic(async |tx| self.undo(&tx, scope, order_id, expected, Step::Cancel).await).await
    }

    /// The order, which can be paid for, and which nobody else changes until the transaction ends.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::IllegalStep`], [`Error::Store`].
    pub async fn payable(&self, scope: Scope, order_id: OrderId) -> Result<Order, Error> {
        let order = self.store.lock(scope, order_id).await?.ok_or(Error::NotFound)?;
        order.status_after(Step::Pay)?;
        Ok(order)
    }

    /// Tells that the money for the order is there.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::IllegalStep`], [`Error::Store`].
    pub async fn pay(&self, order_id: OrderId) -> Result<Order, Error> {
        self.db.atomic(async |tx| step(&tx, Scope::Any, order_id, None, Step::Pay).await).await
    }

    /// Takes the order back, whose money goes back too, if `expected` is its version or `None`, and puts its copies back.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when it has another version, [`Error::IllegalStep`], [`Error::Store`].
    pub async fn refund(&self, order_id: OrderId, expected: Option<Version>) -> Result<Order, Error> {
        self.db.atomic(async |tx| self.undo(&tx, Scope::Any, order_id, expected, Step::Refund).await).await
    }

    /// Gives up the orders that were placed before `before` and are not paid yet, so many of them at most, and says how many
    /// there were. Whoever pays at the same moment is first or too late, as with any two steps.
    ///
    /// # Errors
    /// The first failure of the database, after all others were given up.
    pub async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let (mut expired, mut failed) = (0, None);
        for order_id in self.store.pending_before(before, limit).await? {
            match self.cancel(Scope::Any, order_id, None).await {
                Ok(_) => expired += 1,
                Err(Error::NotFound | Error::IllegalStep { .. }) => {}
                // The others do not wait for this one.
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        failed.map_or(Ok(expired), Err)
    }

    /// A page of the orders within `scope` that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        scope: Scope,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Order>, Error> {
        let total = if page.total { Some(self.store.count(scope, filter).await?) } else { None };
        Ok(self.store.query(scope, filter, &order_by, page, total).await?)
    }

    /// The order with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_id(&self, scope: Scope, order_id: OrderId) -> Result<Order, Error> {
        self.store.query_by_id(scope, order_id).await?.ok_or(Error::NotFound)
    }

    /// The number of orders within `scope` that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, scope: Scope, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(scope, filter).await?)
    }

    /// Takes a step after which the order has no copies any more, and puts them back.
    async fn undo(
        &self,
        tx: &sqldb::Tx,
        scope: Scope,
        order_id: OrderId,
        expected: Option<Version>,
        way: Step,
    ) -> Result<Order, Error> {
        let undone = step(tx, scope, order_id, expected, way).await?;
        let back: Vec<_> = undone.items.iter().map(|item| copies(item.movie_id, item.quantity)).collect();
        self.movies.with_tx(tx).put_back(&back).await?;
        Ok(undone)
    }
}

/// Takes the step, and tells of it. The order stays locked until the transaction ends: of two steps at once, the second
/// starts from where the first one led.
async fn step(
    tx: &sqldb::Tx,
    scope: Scope,
    order_id: OrderId,
    expected: Option<Version>,
    step: Step,
) -> Result<Order, Error> {
    let store = Store::new(tx.db());
    let order = store.lock(scope, order_id).await?.ok_or(Error::NotFound)?;
    if expected.is_some_and(|expected| expected != order.version) {
        return Err(Error::EditConflict { current: order.version });
    }
    let status = order.status_after(step)?;
    let (version, updated_at) = store.step(order.id, status).await?;
    let after = Order { status, version, updated_at, ..order.clone() };
    changes::record(tx, &[event::updated(&order, &after)]).await?;
    Ok(after)
}

fn copies(movie_id: MovieId, quantity: Quantity) -> Copies {
    Copies { movie_id, number: quantity.copies().unsigned_abs() }
}

impl From<SaleError> for Error {
    fn from(error: SaleError) -> Self {
        match error {
            SaleError::Unknown(movie_id) => Self::UnknownMovie(movie_id),
            SaleError::SoldOut { title, left, .. } => Self::SoldOut { title, left },
            SaleError::Store(error) => Self::Store(error),
        }
    }
}
