//! What was sold: orders, buyers, films, money in one view.
//!
//! It is read, and nothing else: `orderbus` writes what stands here.

mod filter;
mod model;
mod store;

use std::time::Duration;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;

pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter, Search, SearchError, TotalField};
pub use crate::model::{Account, Buyer, By, Group, GroupError, Sale, Total};
use crate::store::Store;

/// What can be done with sales.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("sales could not be read")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of sales, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// A page of the sales that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Sale>, Error> {
        let total = if page.total { Some(self.store.count(filter).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The number of sales that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter).await?)
    }

    /// Gives every sale that `filter` selects, as they are at one moment, to `take`, which gets some at a time: none if there
    /// are none at all. All of it may take up to `limit`. Not for a business within a transaction.
    ///
    /// What `take` waits for counts: a connection is held meanwhile, and see [`sqldb::PAUSE`].
    ///
    /// # Errors
    /// [`Error::Store`], and what `take` answers, after which it gets no more.
    pub async fn export<E, F>(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        limit: Duration,
        mut take: impl FnMut(Vec<Sale>) -> F,
    ) -> Result<(), E>
    where
        E: From<Error>,
        F: Future<Output = Result<(), E>>,
    {
        let work = async |tx: sqldb::Tx| {
            let store = Store::new(tx.db());
            store.open(filter, &order_by).await?;
            let mut sales = store.next().await?;
            loop {
                let is_end = sales.is_empty();
                if let Err(error) = take(sales).await {
                    return Ok::<_, Error>(Err(error));
                }
                sales = store.next().await?;
                if is_end || sales.is_empty() {
                    return Ok(Ok(()));
                }
            }
        };
        self.db.snapshot(limit, work).await?
    }

    /// A page of what the sales that `filter` selects come to, `by` film or month, for each currency: they have no sum.
    ///
    /// It reads all of these sales. A page goes on from where the last one ended even if totals have changed meanwhile.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn totals(
        &self,
        by: By,
        filter: &QueryFilter,
        order_by: OrderBy<TotalField>,
        page: &Page,
    ) -> Result<Slice<Total>, Error> {
        let total = if page.total { Some(self.store.count_totals(by, filter).await?) } else { None };
        Ok(self.store.totals(by, filter, &order_by, page, total).await?)
    }
}
