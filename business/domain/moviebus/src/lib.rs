//! Everything the product knows about films.

mod event;
mod filter;
mod model;
mod stock;
mod store;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use types::{MovieId, Version};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter, SEARCH_ORDER, Search};
pub use crate::model::{
    Director, Genre, Genres, GenresError, ImportKey, ImportMovie, Imported, Movie, NewMovie, Price, RangeError, Rating,
    RatingError, Runtime, Stock, Title, UpdateMovie, Year,
};
pub use crate::stock::{Copies, SaleError};
use crate::store::Store;

/// What can be done with films.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such film.
    #[error("no such film")]
    NotFound,
    /// The film was changed since it was read.
    #[error("the film was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version it has now.
        current: Version,
    },
    /// The catalogue has a film with this title, year and director, accents and case aside.
    #[error("the catalogue has a film with this title, year and director")]
    DuplicateTitle,
    /// Something refers to the film, and would lead nowhere without it.
    #[error("something refers to the film")]
    InUse,
    /// The database failed.
    #[error("films could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of films, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db.clone()), db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// Adds a film.
    ///
    /// # Errors
    /// [`Error::DuplicateTitle`], [`Error::Store`].
    pub async fn create(&self, new: NewMovie) -> Result<Movie, Error> {
        let movie = new.into_movie(MovieId::new(), types::now());
        self.db
            .atomic(async |tx| {
                Store::new(tx.db()).create(&movie).await?;
                changes::record(&tx, &[event::created(&movie)]).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(movie)
    }

    /// Changes `movie`, which keeps its version when the update changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `movie` is no longer the current version,
    /// [`Error::DuplicateTitle`], [`Error::Store`].
    pub async fn update(&self, movie: &Movie, update: UpdateMovie) -> Result<Movie, Error> {
        if update.clone().apply(movie) == *movie {
            return Ok(movie.clone());
        }
        let change = self.db.atomic(async |tx| {
            let updated = Store::new(tx.db()).update(movie, update.clone()).await?;
            if let Some(updated) = &updated {
                changes::record(&tx, &[event::updated(movie, updated)]).await?;
            }
            Ok::<_, Error>(updated)
        });
        match change.await? {
            Some(updated) => Ok(updated),
            None => Err(self.conflict(movie.id).await),
        }
    }

    /// Removes the film, if `expected` is its version or `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when it has another version, [`Error::InUse`], [`Error::Store`].
    pub async fn delete(&self, movie_id: MovieId, expected: Option<Version>) -> Result<(), Error> {
        let removal = self.db.atomic(async |tx| {
            let deleted = Store::new(tx.db()).delete(movie_id, expected).await?;
            if let Some(deleted) = &deleted {
                changes::record(&tx, &[event::deleted(deleted)]).await?;
            }
            Ok::<_, Error>(deleted.is_some())
        });
        if removal.await? { Ok(()) } else { Err(self.conflict(movie_id).await) }
    }

    /// A page of the films that `filter` selects. By relevance there are at most 4000: of a search that more films fit, the
    /// first by title are ranked. Of films that merely resemble a search there are never more.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Movie>, Error> {
        let total = if page.total { Some(self.store.count(filter, &order_by).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The film with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_id(&self, movie_id: MovieId) -> Result<Movie, Error> {
        self.store.query_by_id(movie_id).await?.ok_or(Error::NotFound)
    }

    /// The number of films that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter, &OrderBy::new(DEFAULT_ORDER)).await?)
    }

    /// Adds the films of `batch` that are not there yet, all at once. The answer has an outcome for each film, in the
    /// order of the batch. Repeating an import changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`], and then none of the batch was added.
    pub async fn import(&self, batch: &[ImportMovie]) -> Result<Vec<Imported>, Error> {
        // A unit of work is run again when it loses a race: imports at once can meet in each other's rows.
        self.db
            .atomic(async |tx| {
                let outcomes = Store::new(tx.db()).import(batch).await?;
                let created = batch.iter().zip(&outcomes).filter_map(|(item, outcome)| match outcome {
                    Imported::Created(id) => Some(event::created(&item.new.clone().into_movie(*id, types::now()))),
                    Imported::Known | Imported::DuplicateTitle => None,
                });
                changes::record(&tx, &created.collect::<Vec<_>>()).await?;
                Ok(outcomes)
            })
            .await
    }

    /// Why a statement that names an id and a version met no row.
    async fn conflict(&self, movie_id: MovieId) -> Error {
        match self.query_by_id(movie_id).await {
            Ok(movie) => Error::EditConflict { current: movie.version },
            Err(error) => error,
        }
    }
}
