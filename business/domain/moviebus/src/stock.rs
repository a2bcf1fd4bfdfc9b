//! Copies that leave the stock with an order, and come back.

use types::MovieId;

use crate::model::{Movie, Title};
use crate::store::Store;
use crate::{Business, event};

/// Some copies of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The film.
    pub movie_id: MovieId,
    /// How many: 1 or more.
    pub number: u16,
}

/// Why copies could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SaleError {
    /// There is no such film.
    #[error("there is no film {0}")]
    Unknown(MovieId),
    /// There are fewer copies than were wanted.
    #[error("there are {left} copies left")]
    SoldOut {
        /// The film.
        movie_id: MovieId,
        /// Its title.
        title: Title,
        /// The copies that there are.
        left: i32,
    },
    /// The database failed.
    #[error("the stock could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// Takes copies of films from the stock, of all or of none, and answers the films as they are then, in the order of
    /// their ids. No film may be named twice.
    ///
    /// Within a transaction the films stay locked until its end: who wants the same ones waits, and no copy is sold twice.
    ///
    /// # Errors
    /// The first fault in the order of the ids; see [`SaleError`].
    pub async fn take(&self, wanted: &[Copies]) -> Result<Vec<Movie>, SaleError> {
        self.db
            .atomic(async |tx| {
                let store = Store::new(tx.db());
                let before = store.lock(wanted).await?;
                for copies in wanted {
                    let Some(movie) = before.iter().find(|movie| movie.id == copies.movie_id) else {
                        return Err(SaleError::Unknown(copies.movie_id));
                    };
                    let left = movie.stock.copies();
                    if left < i32::from(copies.number) {
                        return Err(SaleError::SoldOut { movie_id: movie.id, title: movie.title.clone(), left });
                    }
                }
                let taken: Vec<_> = wanted.iter().map(|copies| (copies.movie_id, -i32::from(copies.number))).collect();
                let after = store.move_stock(&taken).await?;
                record(&tx, &before, &after).await?;
                Ok(after)
            })
            .await
    }

    /// Puts copies back into the stock. Films that are no longer there are passed over.
    ///
    /// # Errors
    /// The database failed, and nothing was put back.
    pub async fn put_back(&self, copies: &[Copies]) -> Result<(), sqldb::Error> {
        self.db
            .atomic(async |tx| {
                let store = Store::new(tx.db());
                let before = store.lock(copies).await?;
                let back: Vec<_> = copies.iter().map(|copies| (copies.movie_id, i32::from(copies.number))).collect();
                let after = store.move_stock(&back).await?;
                record(&tx, &before, &after).await
            })
            .await
    }
}

/// Tells of the films that changed; both lists have the same films in the same order.
async fn record(tx: &sqldb::Tx, before: &[Movie], after: &[Movie]) -> Result<(), sqldb::Error> {
    let changes: Vec<_> = before.iter().zip(after).map(|(before, after)| event::updated(before, after)).collect();
    changes::record(tx, &changes).await
}
