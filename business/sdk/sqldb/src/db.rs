//! The way to the database that a domain's store holds.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{FromRow, Postgres};

use crate::deadline;
use crate::error::Error;
use crate::pool::{Pool, Stats};
use crate::settings::{Settings, SettingsError};
use crate::tx::Tx;

/// How often [`Db::transact`] runs a unit of work that keeps meeting concurrent ones.
const ATTEMPTS: u32 = 5;

/// A way to the database: the pool, or one transaction ([`Tx::db`]). A store need not know which.
///
/// Cheap to clone. The pool closes with its last handle.
#[derive(Clone)]
pub struct Db(Route);

#[derive(Clone)]
enum Route {
    Pool(Arc<Pool>),
    Tx(Tx),
}

impl Db {
    /// Opens a pool for `url`. It does not wait for the server: a service can start before its database, and says so
    /// in its readiness. Call it on the main multi-thread runtime, whose reactor then drives every connection.
    ///
    /// # Errors
    /// The URL or a limit cannot be used.
    pub fn open(url: &str, settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self(Route::Pool(Arc::new(Pool::open(url, settings)?))))
    }

    pub(crate) fn in_tx(tx: Tx) -> Self {
        Self(Route::Tx(tx))
    }

    /// Runs a statement and gives all of its rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fetch_all<'q, T>(&self, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<Vec<T>, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        match &self.0 {
            Route::Pool(pool) => {
                let deadline = deadline::from_now(pool.settings().deadline);
                pool.acquire(deadline).await?.fetch_all(deadline, query).await
            }
            Route::Tx(tx) => tx.fetch_all(query).await,
        }
    }

    /// Runs a statement and gives its first row, if it has one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fetch_optional<'q, T>(&self, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<Option<T>, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        Ok(self.fetch_all(query).await?.into_iter().next())
    }

    /// Runs a statement and gives its first row.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has none; see [`Error`] for the rest.
    pub async fn fetch_one<'q, T>(&self, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<T, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        self.fetch_optional(query).await?.ok_or(Error::NotFound)
    }

    /// Runs a statement and gives the number of rows it changed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Result<u64, Error> {
        match &self.0 {
            Route::Pool(pool) => {
                let deadline = deadline::from_now(pool.settings().deadline);
                pool.acquire(deadline).await?.execute(deadline, query).await
            }
            Route::Tx(tx) => tx.execute(query).await,
        }
    }

    /// Runs `work` in a transaction: commits when it answers Ok, rolls back when it answers an error.
    ///
    /// Work that lost against concurrent transactions (serialization failure, deadlock) is run again, a few times: it
    /// must have no effect outside of the transaction. Within a transaction the work runs under a savepoint, and until
    /// it is done the transaction serves no other handle than the one that the work is given.
    ///
    /// # Errors
    /// What the work answers, or the failure to begin or commit.
    pub async fn transact<T, E, W>(&self, work: impl Fn(Tx) -> W) -> Result<T, E>
    where
        E: From<Error>,
        W: Future<Output = Result<T, E>>,
    {
        let pool = match &self.0 {
            Route::Pool(pool) => pool,
            Route::Tx(tx) => return tx.nested(work).await,
        };
        let deadline = deadline::from_now(pool.settings().deadline);
        let mut attempt = 1;
        loop {
            let tx = Tx::begin(pool, deadline).await?;
            let _end = tx.end_on_drop();
            let outcome = match work(tx.clone()).await {
                Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
                Err(error) => {
                    // A failure to roll back is no news for the caller: the connection is closed then.
                    let _ = tx.rollback().await;
                    Err(error)
                }
            };
            if outcome.is_ok() || !tx.lost_a_race() || attempt == ATTEMPTS {
                return outcome;
            }
            attempt += 1;
        }
    }

    /// Runs `work` in the transaction that this handle is bound to, or like [`Db::transact`] in a new one: what belongs
    /// together, such as a row and the note of its change, is kept or undone together in whatever transaction it happens.
    ///
    /// Within a transaction there is no savepoint. It would cost two round trips for something that nobody wants: work
    /// of which a part failed is to be undone with all that surrounds it. So when `work` answers an error there, or is
    /// dropped midway, the transaction can't be committed any more, whatever becomes of the error. Who wants to go on
    /// after it puts [`Db::transact`] around it. A lost race is tried again by whoever began the transaction.
    ///
    /// # Errors
    /// What the work answers, or the failure to begin or commit.
    pub async fn atomic<T, E, W>(&self, work: impl Fn(Tx) -> W) -> Result<T, E>
    where
        E: From<Error>,
        W: Future<Output = Result<T, E>>,
    {
        match &self.0 {
            Route::Pool(_) => self.transact(work).await,
            Route::Tx(tx) => tx.whole(work).await,
        }
    }

    /// Runs `work` in a transaction of its own that sees one moment of the database, changes nothing, and may take up to
    /// `limit`: what is read in many statements fits together. Each of them still has no more time than a unit of work.
    ///
    /// It holds a connection all that time, and the server keeps what was removed meanwhile. Between two statements the work
    /// may wait for somebody else, but not longer than [`PAUSE`](crate::PAUSE): then the server ends the session.
    ///
    /// # Errors
    /// What the work answers, or the failure to begin or to end. Within a transaction there is none.
    pub async fn snapshot<T, E, W>(&self, limit: Duration, work: impl FnOnce(Tx) -> W) -> Result<T, E>
    where
        E: From<Error>,
        W: Future<Output = Result<T, E>>,
    {
        let Route::Pool(pool) = &self.0 else {
            return Err(Error::Other { source: "a snapshot is a transaction of its own".into() }.into());
        };
        let tx = Tx::begin_snapshot(pool, deadline::from_now(limit)).await?;
        let _end = tx.end_on_drop();
        match work(tx.clone()).await {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                // A failure to roll back is no news for the caller: the connection is closed then.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }

    /// Asks the server for an answer.
    ///
    /// # Errors
    /// There is none, for the reason given.
    pub async fn ping(&self) -> Result<(), Error> {
        self.execute(sqlx::query("SELECT 1")).await.map(|_| ())
    }

    /// The figures of the pool.
    pub fn stats(&self) -> Stats {
        match &self.0 {
            Route::Pool(pool) => pool.stats(),
            Route::Tx(tx) => tx.pool().stats(),
        }
    }

    /// Closes the idle connections and refuses new work.
    pub fn close(&self) {
        if let Route::Pool(pool) = &self.0 {
            pool.close();
        }
    }
}
