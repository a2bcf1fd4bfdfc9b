//! A transaction that several domains share by handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{FromRow, Postgres};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

use crate::db::Db;
use crate::deadline;
use crate::error::Error;
use crate::pool::Pool;
use crate::slot::Slot;

/// The commands of one level of nested work.
struct Savepoint {
    save: &'static str,
    release: &'static str,
    go_back: &'static str,
}

/// One for each level. Work that nests deeper than this calls itself.
const SAVEPOINTS: [Savepoint; 4] = [
    Savepoint {
        save: "SAVEPOINT nested_1",
        release: "RELEASE SAVEPOINT nested_1",
        go_back: "ROLLBACK TO SAVEPOINT nested_1; RELEASE SAVEPOINT nested_1",
    },
    Savepoint {
        save: "SAVEPOINT nested_2",
        release: "RELEASE SAVEPOINT nested_2",
        go_back: "ROLLBACK TO SAVEPOINT nested_2; RELEASE SAVEPOINT nested_2",
    },
    Savepoint {
        save: "SAVEPOINT nested_3",
        release: "RELEASE SAVEPOINT nested_3",
        go_back: "ROLLBACK TO SAVEPOINT nested_3; RELEASE SAVEPOINT nested_3",
    },
    Savepoint {
        save: "SAVEPOINT nested_4",
        release: "RELEASE SAVEPOINT nested_4",
        go_back: "ROLLBACK TO SAVEPOINT nested_4; RELEASE SAVEPOINT nested_4",
    },
];

/// How long a [`Db::snapshot`](crate::Db::snapshot) may rest between two statements.
pub const PAUSE: Duration = Duration::from_secs(60);

/// Begins a snapshot. The session's own limit is for units of work, which do not rest: the other one is [`PAUSE`].
const BEGIN_SNAPSHOT: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// A transaction. It ends when [`Db::transact`](crate::Db::transact) does; if that future is dropped, the connection is
/// closed and the server rolls back, whoever still has a handle.
///
/// The handle is cheap to clone; statements of clones run one after the other. While a nested unit of work is open, only
/// its own handle is served: what another wrote meanwhile would be undone together with it.
#[derive(Clone)]
pub struct Tx {
    inner: Arc<Inner>,
    /// How many savepoints this handle works under.
    level: u32,
}

struct Inner {
    open: Mutex<Open>,
    pool: Arc<Pool>,
    deadline: Instant,
    /// The most that one statement may take, where that is less than all of them together may.
    each: Option<Duration>,
    /// A statement failed: the server will not commit any more.
    failed: AtomicBool,
    /// The lowest level at which a unit of work was left half done: what was done since its savepoint is not to be
    /// kept. [`WHOLE`] when there is none.
    half_done: AtomicU32,
    /// A statement or the commit lost against a concurrent transaction.
    lost_a_race: AtomicBool,
    /// Nobody will end the transaction any more.
    abandoned: AtomicBool,
}

struct Open {
    /// `None` once the transaction has ended.
    slot: Option<Slot>,
    /// Savepoints that are set now.
    level: u32,
}

/// No level has a unit of work that was left half done.
const WHOLE: u32 = u32::MAX;

/// Notes, when it is dropped, that a unit of work was left half done.
struct HalfDone<'t>(Option<&'t Tx>);

/// Ends a transaction, when it is dropped, for everyone who still has a handle.
pub(crate) struct EndOnDrop(Tx);

impl Tx {
    /// Begins a transaction on a connection of the pool.
    pub(crate) async fn begin(pool: &Arc<Pool>, deadline: Instant) -> Result<Self, Error> {
        Self::begin_with(pool, "BEGIN", deadline, None).await
    }

    /// Begins one that sees one moment and changes nothing.
    pub(crate) async fn begin_snapshot(pool: &Arc<Pool>, deadline: Instant) -> Result<Self, Error> {
        Self::begin_with(pool, BEGIN_SNAPSHOT, deadline, Some(pool.settings().deadline)).await
    }

    async fn begin_with(
        pool: &Arc<Pool>,
        command: &'static str,
        deadline: Instant,
        each: Option<Duration>,
    ) -> Result<Self, Error> {
        let now = by(deadline, each);
        let mut slot = pool.acquire(now).await?;
        // Set before BEGIN is sent: from now on an unclean end closes the connection.
        slot.in_transaction = true;
        slot.command(now, command).await?;
        let inner = Inner {
            open: Mutex::new(Open { slot: Some(slot), level: 0 }),
            pool: Arc::clone(pool),
            deadline,
            each,
            failed: AtomicBool::new(false),
            half_done: AtomicU32::new(WHOLE),
            lost_a_race: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        };
        Ok(Self { inner: Arc::new(inner), level: 0 })
    }

    /// The transaction as a way to the database, for a domain's `with_tx`.
    pub fn db(&self) -> Db {
        Db::in_tx(self.clone())
    }

    pub(crate) async fn fetch_all<'q, T>(&self, query: QueryAs<'q, Postgres, T, PgArguments>) -> Result<Vec<T>, Error>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let deadline = self.deadline();
        let mut open = self.lock(deadline).await?;
        let outcome = open.for_level(self.level)?.fetch_all(deadline, query).await;
        self.leave(open, outcome)
    }

    pub(crate) async fn execute<'q>(&self, query: Query<'q, Postgres, PgArguments>) -> Result<u64, Error> {
        let deadline = self.deadline();
        let mut open = self.lock(deadline).await?;
        let outcome = open.for_level(self.level)?.execute(deadline, query).await;
        self.leave(open, outcome)
    }

    /// Runs `work` under a savepoint of this transaction. When the future is dropped midway the transaction can't be
    /// committed any more.
    pub(crate) async fn nested<T, E, W>(&self, work: impl Fn(Self) -> W) -> Result<T, E>
    where
        E: From<Error>,
        W: Future<Output = Result<T, E>>,
    {
        let inner = self.save().await?;
        match work(inner.clone()).await {
            Ok(value) => {
                inner.release().await?;
                Ok(value)
            }
            Err(error) => {
                // A failure to go back is no news for the caller: the transaction can't be committed then.
                let _ = inner.go_back().await;
                Err(error)
            }
        }
    }

    /// Runs `work` in this transaction, which can't be committed when the work fails or is dropped midway.
    pub(crate) async fn whole<T, E, W>(&self, work: impl Fn(Self) -> W) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
    {
        let mut half_done = HalfDone(Some(self));
        let outcome = work(self.clone()).await;
        if outcome.is_ok() {
            half_done.0 = None;
        }
        outcome
    }

    /// Commits. When a statement failed and the failure was swallowed, the server would answer COMMIT by rolling back
    /// without an error: that is an error here.
    pub(crate) async fn commit(&self) -> Result<(), Error> {
        let level = self.lock(self.deadline()).await?.level;
        let why = match () {
            () if self.inner.failed.load(Ordering::Relaxed) => "with a failed statement",
            () if self.inner.half_done.load(Ordering::Relaxed) != WHOLE => "with work that was left half done",
            () if level > 0 => "whose nested work was dropped midway",
            () => return self.end("COMMIT").await,
        };
        self.rollback().await?;
        Err(Error::Other { source: format!("commit of a transaction {why}").into() })
    }

    pub(crate) async fn rollback(&self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    pub(crate) fn end_on_drop(&self) -> EndOnDrop {
        EndOnDrop(self.clone())
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn lost_a_race(&self) -> bool {
        self.inner.lost_a_race.load(Ordering::Relaxed)
    }

    async fn end(&self, command: &'static str) -> Result<(), Error> {
        let deadline = self.deadline();
        let mut slot = self.lock(deadline).await?.slot.take().ok_or_else(ended)?;
        let outcome = slot.command(deadline, command).await;
        slot.in_transaction = outcome.is_err();
        self.note(outcome)
    }

    /// Sets a savepoint, and gives the handle that works under it.
    async fn save(&self) -> Result<Self, Error> {
        let (deadline, level) = (self.deadline(), self.level + 1);
        let mut open = self.lock(deadline).await?;
        let outcome = open.for_level(self.level)?.command(deadline, savepoint(level)?.save).await;
        if outcome.is_ok() {
            open.level = level;
        }
        self.leave(open, outcome)?;
        Ok(Self { inner: Arc::clone(&self.inner), level })
    }

    async fn release(&self) -> Result<(), Error> {
        let (deadline, level) = (self.deadline(), self.level);
        let mut open = self.lock(deadline).await?;
        let outcome = open.for_level(level)?.command(deadline, savepoint(level)?.release).await;
        if outcome.is_ok() {
            open.level = level - 1;
        }
        self.leave(open, outcome)
    }

    /// Undoes what was done since the savepoint, under deeper ones as well.
    async fn go_back(&self) -> Result<(), Error> {
        let (deadline, level) = (self.deadline(), self.level);
        let mut open = self.lock(deadline).await?;
        let outcome = open.slot.as_mut().ok_or_else(ended)?.command(deadline, savepoint(level)?.go_back).await;
        if outcome.is_ok() {
            open.level = level - 1;
            self.inner.failed.store(false, Ordering::Relaxed);
            // What was left half done under this savepoint is undone; what was so before it is not.
            let below = |half_done| (half_done >= level).then_some(WHOLE);
            let _ = self.inner.half_done.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below);
        }
        self.leave(open, outcome)
    }

    fn deadline(&self) -> Instant {
        deadline::at_most(by(self.inner.deadline, self.inner.each))
    }

    /// Waits for the statement of another handle, which may belong to a future that nobody polls any more.
    async fn lock(&self, deadline: Instant) -> Result<MutexGuard<'_, Open>, Error> {
        match self.inner.open.try_lock() {
            Ok(open) => Ok(open),
            Err(_) => timeout_at(deadline, self.inner.open.lock()).await.map_err(|_| Error::DeadlineExceeded),
        }
    }

    fn leave<T>(&self, open: MutexGuard<'_, Open>, outcome: Result<T, Error>) -> Result<T, Error> {
        drop(open);
        self.close_if_abandoned();
        self.note(outcome)
    }

    fn note<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome {
            self.inner.failed.store(true, Ordering::Relaxed);
            if matches!(error, Error::Conflict { .. }) {
                self.inner.lost_a_race.store(true, Ordering::Relaxed);
            }
        }
        outcome
    }

    /// Called when the transaction is abandoned, and after each statement: whichever of the two finds it unlocked.
    fn close_if_abandoned(&self) {
        if self.inner.abandoned.load(Ordering::SeqCst)
            && let Ok(mut open) = self.inner.open.try_lock()
        {
            open.slot = None;
        }
    }
}

impl Drop for HalfDone<'_> {
    fn drop(&mut self) {
        if let Some(tx) = self.0 {
            tx.inner.half_done.fetch_min(tx.level, Ordering::Relaxed);
        }
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.inner.abandoned.store(true, Ordering::SeqCst);
        self.0.close_if_abandoned();
    }
}

impl Open {
    /// The connection, for a handle that works under `level` savepoints.
    fn for_level(&mut self, level: u32) -> Result<&mut Slot, Error> {
        if self.level != level {
            return Err(Error::Other { source: "another unit of work is open in this transaction".into() });
        }
        self.slot.as_mut().ok_or_else(ended)
    }
}

/// When a statement that begins now must be done.
fn by(deadline: Instant, each: Option<Duration>) -> Instant {
    each.map_or(deadline, |each| deadline.min(Instant::now() + each))
}

/// The savepoint of a level, counted from 1.
fn savepoint(level: u32) -> Result<&'static Savepoint, Error> {
    let found = level.checked_sub(1).and_then(|index| SAVEPOINTS.get(index as usize));
    found.ok_or_else(|| Error::Other { source: "units of work are nested too deeply".into() })
}

fn ended() -> Error {
    Error::Other { source: "the transaction has ended".into() }
}
