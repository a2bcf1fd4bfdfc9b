//! A transaction that several domains share by handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{FromRow, Postgres};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::db::Db;
use crate::error::Error;
use crate::pool::Pool;
use crate::slot::Slot;

/// A transaction. It ends when [`Db::transact`](crate::Db::transact) does; if that future is dropped, the connection is
/// closed and the server rolls back.
///
/// The handle is cheap to clone; statements of clones run one after the other.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

struct Inner {
    /// `None` once the transaction has ended.
    slot: Mutex<Option<Slot>>,
    pool: Arc<Pool>,
    deadline: Instant,
    /// A statement failed: the server will not commit any more.
    failed: AtomicBool,
    /// A statement or the commit lost against a concurrent transaction.
    lost_a_race: AtomicBool,
}

impl Tx {
    /// Begins a transaction on a connection of the pool.
    pub(crate) async fn begin(pool: &Arc<Pool>, deadline: Instant) -> Result<Self, Error> {
        let mut slot = pool.acquire(deadline).await?;
        // Set before BEGIN is sent: from now on an unclean end closes the connection.
        slot.in_transaction = true;
        slot.command(deadline, "BEGIN").await?;
        Ok(Self(Arc::new(Inner {
            slot: Mutex::new(Some(slot)),
            pool: Arc::clone(pool),
            deadline,
            failed: AtomicBool::new(false),
            lost_a_race: AtomicBool::new(false),
        })))
    }

    /// The transaction as a way to the database, for a domain's `with_tx`.
    pub fn db(&self) -> Db {
        Db::in_tx(self.clone())
    }

    pub(crate) async fn fetch_all<'q, T>(&self, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<Vec<T>, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut guard = self.lock().await;
        let outcome = open(&mut guard)?.fetch_all(self.0.deadline, query).await;
        self.note(outcome)
    }

    pub(crate) async fn execute<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Result<u64, Error> {
        let mut guard = self.lock().await;
        let outcome = open(&mut guard)?.execute(self.0.deadline, query).await;
        self.note(outcome)
    }

    /// Runs `work` under a savepoint of this transaction.
    pub(crate) async fn nested<T, E, W>(&self, work: impl Fn(Self) -> W) -> Result<T, E>
    where
        E: From<Error>,
        W: Future<Output = Result<T, E>>,
    {
        // Savepoints of one name nest: the newest is the one that is meant.
        self.command("SAVEPOINT nested").await?;
        match work(self.clone()).await {
            Ok(value) => {
                self.command("RELEASE SAVEPOINT nested").await?;
                Ok(value)
            }
            Err(error) => {
                self.command("ROLLBACK TO SAVEPOINT nested; RELEASE SAVEPOINT nested").await?;
                self.0.failed.store(false, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Commits. When a statement failed and the failure was swallowed, the server would answer COMMIT by rolling back
    /// without an error: that is an error here.
    pub(crate) async fn commit(&self) -> Result<(), Error> {
        if self.0.failed.load(Ordering::Relaxed) {
            self.rollback().await?;
            return Err(Error::Other { source: "commit of a transaction with a failed statement".into() });
        }
        let outcome = self.end("COMMIT").await;
        self.note(outcome)
    }

    pub(crate) async fn rollback(&self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    pub(crate) fn lost_a_race(&self) -> bool {
        self.0.lost_a_race.load(Ordering::Relaxed)
    }

    async fn end(&self, command: &'static str) -> Result<(), Error> {
        let mut slot = self.lock().await.take().ok_or_else(ended)?;
        slot.command(self.0.deadline, command).await?;
        slot.in_transaction = false;
        Ok(())
    }

    async fn command(&self, sql: &'static str) -> Result<(), Error> {
        let mut guard = self.lock().await;
        let outcome = open(&mut guard)?.command(self.0.deadline, sql).await;
        self.note(outcome)
    }

    async fn lock(&self) -> MutexGuard<'_, Option<Slot>> {
        self.0.slot.lock().await
    }

    fn note<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome {
            self.0.failed.store(true, Ordering::Relaxed);
            if matches!(error, Error::Conflict { .. }) {
                self.0.lost_a_race.store(true, Ordering::Relaxed);
            }
        }
        outcome
    }
}

fn open<'a>(guard: &'a mut MutexGuard<'_, Option<Slot>>) -> Result<&'a mut Slot, Error> {
    guard.as_mut().ok_or_else(ended)
}

fn ended() -> Error {
    Error::Other { source: "the transaction has ended".into() }
}
