//! The pool of connections: its limits, its upkeep, its figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{
    self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::error::Error;
use crate::settings::{Settings, SettingsError};
use crate::slot::{Link, Slot};

/// How long a connection may take to prove that it is alive. A healthy server answers in well under a millisecond.
const PROOF_OF_LIFE: Duration = Duration::from_millis(250);

/// How long a connection may go unused and still be trusted: firewalls forget a silent one after minutes.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);

/// How often the pool looks after its connections.
const UPKEEP: Duration = Duration::from_secs(1);

/// Connections, waiters and losses of a pool at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The most connections at a time.
    pub max_connections: usize,
    /// Connections open now.
    pub connections: usize,
    /// Connections open and not in use.
    pub idle: usize,
    /// Units of work that wait for a connection.
    pub waiting: usize,
    /// Units of work that were given a connection, since the start.
    pub acquired: u64,
    /// Time they waited for it altogether, since the start.
    pub wait: Duration,
    /// Units of work refused for want of a connection, since the start.
    pub refused: u64,
    /// Statements that passed their deadline, since the start.
    pub deadlines: u64,
    /// Connections closed because their use did not end cleanly, since the start.
    pub closed_unclean: u64,
}

/// The pool behind a [`Db`](crate::Db).
pub(crate) struct Pool {
    pool: managed::Pool<Manager>,
    counters: Arc<Counters>,
    settings: Settings,
    upkeep: JoinHandle<()>,
}

/// Opens connections, and decides whether one may be used again.
pub(crate) struct Manager {
    options: PgConnectOptions,
    runtime: Handle,
    counters: Arc<Counters>,
    max_lifetime: Duration,
    connect_timeout: Duration,
}

/// What happened since the start.
pub(crate) struct Counters {
    start: Instant,
    waiting: AtomicUsize,
    acquired: AtomicU64,
    wait_nanos: AtomicU64,
    refused: AtomicU64,
    deadlines: AtomicU64,
    closed_unclean: AtomicU64,
    /// Nanoseconds from the start to the last time that the server failed to answer on some connection.
    suspect_nanos: AtomicU64,
}

impl Pool {
    pub(crate) fn open(url: &str, settings: Settings) -> Result<Self, SettingsError> {
        let counters = Arc::new(Counters::new());
        let manager = Manager {
            options: settings.connect_options(url)?,
            runtime: Handle::current(),
            counters: Arc::clone(&counters),
            max_lifetime: settings.max_lifetime,
            connect_timeout: settings.acquire_timeout.max(Duration::from_secs(5)),
        };
        let pool = managed::Pool::builder(manager)
            .max_size(settings.max_connections)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|_| SettingsError::Limit("the pool cannot be built"))?;
        let upkeep = Handle::current().spawn(look_after(pool.clone(), settings.clone()));
        Ok(Self { pool, counters, settings, upkeep })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A connection, by `deadline` and within the acquire timeout.
    pub(crate) async fn acquire(&self, deadline: Instant) -> Result<Slot, Error> {
        let start = Instant::now();
        let give_up = deadline.min(start + self.settings.acquire_timeout);
        let object = match timeout_at(give_up, self.object()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Unavailable { reason: "no connection in time", source: None }),
        };
        match object {
            Ok(object) => {
                self.counters.granted(start.elapsed());
                Ok(Slot::new(object, Arc::clone(&self.counters)))
            }
            Err(error) => {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// A connection, now or after a wait among at most `max_waiters`.
    async fn object(&self) -> Result<Object<Manager>, Error> {
        let at_once = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        match self.pool.timeout_get(&at_once).await {
            Err(PoolError::Timeout(TimeoutType::Wait)) => {}
            other => return other.map_err(unavailable),
        }
        let waiter = Waiter::enter(&self.counters);
        if waiter.others >= self.settings.max_waiters {
            return Err(Error::Unavailable { reason: "too many wait for a connection", source: None });
        }
        let patient = Timeouts { wait: None, create: None, recycle: None };
        self.pool.timeout_get(&patient).await.map_err(unavailable)
    }

    pub(crate) fn stats(&self) -> Stats {
        let status = self.pool.status();
        let counters = &self.counters;
        Stats {
            max_connections: status.max_size,
            connections: status.size,
            idle: status.available,
            waiting: counters.waiting.load(Ordering::Relaxed),
            acquired: counters.acquired.load(Ordering::Relaxed),
            wait: Duration::from_nanos(counters.wait_nanos.load(Ordering::Relaxed)),
            refused: counters.refused.load(Ordering::Relaxed),
            deadlines: counters.deadlines.load(Ordering::Relaxed),
            closed_unclean: counters.closed_unclean.load(Ordering::Relaxed),
        }
    }

    /// Closes the idle connections and refuses new work; connections in use close when they come back.
    pub(crate) fn close(&self) {
        self.upkeep.abort();
        self.pool.close();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl managed::Manager for Manager {
    type Type = Link;
    type Error = sqlx::Error;

    /// Opens a connection on the runtime that built the pool: on the reactor of whichever web worker happened to ask,
    /// it would stall whenever that worker is busy.
    async fn create(&self) -> Result<Link, sqlx::Error> {
        let options = self.options.clone();
        let give_up = Instant::now() + self.connect_timeout;
        let opening = self.runtime.spawn(async move {
            match timeout_at(give_up, PgConnection::connect_with(&options)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
            }
        });
        let connection = AbortOnDrop(opening).join().await?;
        let now = Instant::now();
        Ok(Link { connection, opened: now, answered: now })
    }

    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<sqlx::Error> {
        let now = Instant::now();
        if now.duration_since(link.opened) > self.max_lifetime {
            return Err(RecycleError::message("too old"));
        }
        let in_doubt =
            link.answered <= self.counters.suspect_since() || now.duration_since(link.answered) > TRUSTED_IDLE;
        if in_doubt && !link.answers(PROOF_OF_LIFE).await {
            self.counters.lost();
            return Err(RecycleError::message("no answer"));
        }
        Ok(())
    }
}

impl Counters {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            waiting: AtomicUsize::new(0),
            acquired: AtomicU64::new(0),
            wait_nanos: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            deadlines: AtomicU64::new(0),
            closed_unclean: AtomicU64::new(0),
            suspect_nanos: AtomicU64::new(0),
        }
    }

    /// A statement passed its deadline: slow, or the server is gone.
    pub(crate) fn timed_out(&self) {
        self.deadlines.fetch_add(1, Ordering::Relaxed);
        self.lost();
    }

    /// The server failed to answer on a connection: every other one has to prove itself before it is used again.
    pub(crate) fn lost(&self) {
        self.suspect_nanos.fetch_max(nanos(self.start.elapsed()), Ordering::Relaxed);
    }

    pub(crate) fn closed_unclean(&self) {
        self.closed_unclean.fetch_add(1, Ordering::Relaxed);
    }

    fn granted(&self, wait: Duration) {
        self.acquired.fetch_add(1, Ordering::Relaxed);
        self.wait_nanos.fetch_add(nanos(wait), Ordering::Relaxed);
    }

    fn suspect_since(&self) -> Instant {
        self.start + Duration::from_nanos(self.suspect_nanos.load(Ordering::Relaxed))
    }
}

/// One who waits for a connection, counted as long as it lives.
struct Waiter<'a> {
    counters: &'a Counters,
    others: usize,
}

impl<'a> Waiter<'a> {
    fn enter(counters: &'a Counters) -> Self {
        Self { counters, others: counters.waiting.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that is being opened, given up when nobody waits for it any more.
struct AbortOnDrop(JoinHandle<Result<PgConnection, sqlx::Error>>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<PgConnection, sqlx::Error> {
        (&mut self.0).await.unwrap_or_else(|error| Err(sqlx::Error::Io(std::io::Error::other(error))))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps the minimum of connections open, closes the old and the unused.
async fn look_after(pool: managed::Pool<Manager>, settings: Settings) {
    let at_once = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        // Held together, so that each is another connection; the server being away is seen by those who need it.
        let mut held = Vec::new();
        while pool.status().size < settings.min_connections && held.len() < settings.min_connections {
            match pool.timeout_get(&at_once).await {
                Ok(object) => held.push(object),
                Err(_) => break,
            }
        }
        drop(held);
        tick.tick().await;
        let mut open = pool.status().size;
        let now = Instant::now();
        let old = pool.retain(|link, _| {
            let idle = now.duration_since(link.answered);
            let keep = now.duration_since(link.opened) <= settings.max_lifetime
                && (open <= settings.min_connections || idle <= settings.idle_timeout);
            open -= usize::from(!keep);
            keep
        });
        drop(old);
    }
}

fn unavailable(error: PoolError<sqlx::Error>) -> Error {
    match error {
        PoolError::Backend(source) => Error::Unavailable { reason: "cannot connect", source: Some(Box::new(source)) },
        PoolError::Closed => Error::Unavailable { reason: "the pool is closed", source: None },
        PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            Error::Unavailable { reason: "no connection in time", source: None }
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
