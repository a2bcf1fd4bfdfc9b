//! Everything the product knows about what was changed, by whom.
//!
//! Audits are written by `changes`, in the transaction of every change. Here they are read.

mod filter;
mod model;
mod store;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;

pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter, TraceId, TraceIdError, Word, WordError};
pub use crate::model::{Actor, ActorKind, ActorKindError, Audit, AuditId, AuditKind};
use crate::store::Store;

/// What can be done with audits: they are read, and nothing else.
#[derive(Clone)]
pub struct Business {
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such audit.
    #[error("no such audit")]
    NotFound,
    /// The database failed.
    #[error("audits could not be read")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of audits, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db) }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// A page of the audits that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Audit>, Error> {
        let total = if page.total { Some(self.store.count(filter).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The audit with this id, which is also that of the event of the same change.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_id(&self, audit_id: AuditId) -> Result<Audit, Error> {
        self.store.query_by_id(audit_id).await?.ok_or(Error::NotFound)
    }

    /// The number of audits that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter).await?)
    }
}
