//! Everything the product knows about where films are shown: cinemas, and the places that they are in.

mod event;
mod filter;
mod geo;
mod model;
pub mod places;
mod store;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use types::{CinemaId, Version};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter, Search};
pub use crate::geo::{DegreesError, Latitude, Longitude, Point};
pub use crate::model::{Address, Cinema, Name, NewCinema, RangeError, Screens, UpdateCinema};
use crate::store::Store;

/// What can be done with cinemas.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such cinema.
    #[error("no such cinema")]
    NotFound,
    /// The cinema was changed since it was read.
    #[error("the cinema was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version it has now.
        current: Version,
    },
    /// There is no place with the id of the cinema's place.
    #[error("no such place")]
    UnknownPlace,
    /// Something refers to the cinema, and would lead nowhere without it.
    #[error("something refers to the cinema")]
    InUse,
    /// The database failed.
    #[error("cinemas could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of cinemas, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// Adds a cinema.
    ///
    /// # Errors
    /// [`Error::UnknownPlace`], [`Error::Store`].
    pub async fn create(&self, new: NewCinema) -> Result<Cinema, Error> {
        let cinema = new.into_cinema(CinemaId::new(), types::now());
        self.db
            .atomic(async |tx| {
                Store::new(tx.db()).create(&cinema).await?;
                changes::record(&tx, &[event::created(&cinema)]).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(cinema)
    }

    /// Changes `cinema`, which keeps its version when the update changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `cinema` is no longer the current version,
    /// [`Error::UnknownPlace`], [`Error::Store`].
    pub async fn update(&self, cinema: &Cinema, update: UpdateCinema) -> Result<Cinema, Error> {
        if update.clone().apply(cinema) == *cinema {
            return Ok(cinema.clone());
        }
        let change = self.db.atomic(async |tx| {
            let updated = Store::new(tx.db()).update(cinema, update.clone()).await?;
            if let Some(updated) = &updated {
                changes::record(&tx, &[event::updated(cinema, updated)]).await?;
            }
            Ok::<_, Error>(updated)
        });
        match change.await? {
            Some(updated) => Ok(updated),
            None => Err(self.conflict(cinema.id).await),
        }
    }

    /// Removes the cinema, if `expected` is its version or `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when it has another version, [`Error::InUse`],
    /// [`Error::Store`].
    pub async fn delete(&self, cinema_id: CinemaId, expected: Option<Version>) -> Result<(), Error> {
        let removal = self.db.atomic(async |tx| {
            let deleted = Store::new(tx.db()).delete(cinema_id, expected).await?;
            if let Some(deleted) = &deleted {
                changes::record(&tx, &[event::deleted(deleted)]).await?;
            }
            Ok::<_, Error>(deleted.is_some())
        });
        if removal.await? { Ok(()) } else { Err(self.conflict(cinema_id).await) }
    }

    /// A page of the cinemas that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Cinema>, Error> {
        let total = if page.total { Some(self.store.count(filter).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The cinema with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_id(&self, cinema_id: CinemaId) -> Result<Cinema, Error> {
        self.store.query_by_id(cinema_id).await?.ok_or(Error::NotFound)
    }

    /// The number of cinemas that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter).await?)
    }

    /// Why a statement that names an id and a version met no row.
    async fn conflict(&self, cinema_id: CinemaId) -> Error {
        match self.query_by_id(cinema_id).await {
            Ok(cinema) => Error::EditConflict { current: cinema.version },
            Err(error) => error,
        }
    }
}
