//! Everything the product knows about orders.

mod event;
mod filter;
mod model;
mod store;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use types::{OrderId, Scope, UserId, Version};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter};
pub use crate::model::{NewOrder, Order, RangeError, Status, StatusError, UpdateOrder, Worth};
use crate::store::Store;

/// What can be done with orders.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such order.
    #[error("no such order")]
    NotFound,
    /// The order was changed since it was read.
    #[error("the order was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version it has now.
        current: Version,
    },
    /// Something refers to the order, and would lead nowhere without it.
    #[error("something refers to the order")]
    InUse,
    /// The database failed.
    #[error("orders could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of orders, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// Adds an order that belongs to `owner`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the owner is gone, [`Error::Store`].
    pub async fn create(&self, owner: UserId, new: NewOrder) -> Result<Order, Error> {
        let order = new.into_order(OrderId::new(), owner, types::now());
        self.db
            .atomic(async |tx| {
                Store::new(tx.db()).create(&order).await?;
                changes::record(&tx, &[event::created(&order)]).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(order)
    }

    /// Changes `order`, which keeps its version when the update changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `order` is no longer the current version,
    /// [`Error::Store`].
    pub async fn update(&self, order: &Order, update: UpdateOrder) -> Result<Order, Error> {
        if update.clone().apply(order) == *order {
            return Ok(order.clone());
        }
        let change = self.db.atomic(async |tx| {
            let updated = Store::new(tx.db()).update(order, update.clone()).await?;
            if let Some(updated) = &updated {
                changes::record(&tx, &[event::updated(order, updated)]).await?;
            }
            Ok::<_, Error>(updated)
        });
        match change.await? {
            Some(updated) => Ok(updated),
            None => Err(self.conflict(Scope::Own(order.owner), order.id).await),
        }
    }

    /// Removes the order, if `expected` is its version or `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when it has another version, [`Error::InUse`],
    /// [`Error::Store`].
    pub async fn delete(&self, scope: Scope, order_id: OrderId, expected: Option<Version>) -> Result<(), Error> {
        let removal = self.db.atomic(async |tx| {
            let deleted = Store::new(tx.db()).delete(scope, order_id, expected).await?;
            if let Some(deleted) = &deleted {
                changes::record(&tx, &[event::deleted(deleted)]).await?;
            }
            Ok::<_, Error>(deleted.is_some())
        });
        if removal.await? { Ok(()) } else { Err(self.conflict(scope, order_id).await) }
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

    /// Why a statement that names an id and a version met no row.
    async fn conflict(&self, scope: Scope, order_id: OrderId) -> Error {
        match self.query_by_id(scope, order_id).await {
            Ok(order) => Error::EditConflict { current: order.version },
            Err(error) => error,
        }
    }
}
