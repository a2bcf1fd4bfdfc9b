//! The pool of connections: its limits, its upkeep, its figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{
    self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::error::Error;
use crate::opening::Openings;
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
    openings: Arc<Openings>,
    counters: Arc<Counters>,
    settings: Settings,
    upkeep: JoinHandle<()>,
}

/// Opens connections, and decides whether one may be used again.
pub(crate) struct Manager {
    openings: Arc<Openings>,
    counters: Arc<Counters>,
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
    /// Nanoseconds from the start to the last time that a session turned out to know an earlier schema or server.
    outdated_nanos: AtomicU64,
}

impl Pool {
    pub(crate) fn open(url: &str, settings: Settings) -> Result<Self, SettingsError> {
        let counters = Arc::new(Counters::new());
        let openings = Arc::new(Openings::new(settings.connect_options(url)?, &settings));
        let manager = Manager { openings: Arc::clone(&openings), counters: Arc::clone(&counters) };
        let pool = managed::Pool::builder(manager)
            .max_size(settings.max_connections)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|_| SettingsError::Limit("the pool cannot be built"))?;
        let upkeep = Handle::current().spawn(look_after(pool.clone(), Arc::clone(&openings), settings.clone()));
        Ok(Self { pool, openings, counters, settings, upkeep })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A connection, by `deadline` and within the acquire timeout.
    pub(crate) async fn acquire(&self, deadline: Instant) -> Result<Slot, Error> {
        let start = Instant::now();
        if start >= deadline {
            return Err(Error::DeadlineExceeded);
        }
        let give_up = deadline.min(start + self.settings.acquire_timeout);
        let object = match timeout_at(give_up, self.object()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Unavailable { reason: "no connection in time", source: None }),
        };
        match object {
            Ok(object) => {
                let waited = start.elapsed();
                self.counters.granted(waited);
                Ok(Slot::new(object, Arc::clone(&self.counters), self.settings.observer.clone(), waited))
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
        let ready = self.openings.ready();
        Stats {
            max_connections: status.max_size,
            connections: status.size + ready,
            idle: status.available + ready,
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
        self.openings.close();
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

    async fn create(&self) -> Result<Link, sqlx::Error> {
        loop {
            let mut link = self.openings.next().await?;
            // One that nobody waited for may have been open for a while.
            if self.still_serves(&mut link).await {
                return Ok(link);
            }
        }
    }

    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if self.still_serves(link).await { Ok(()) } else { Err(RecycleError::message("no more to be used")) }
    }
}

impl Manager {
    /// Whether the connection may be used: not too old, and not in doubt or answering.
    async fn still_serves(&self, link: &mut Link) -> bool {
        let now = Instant::now();
        if now > link.retires || link.opened <= self.counters.outdated_since() {
            return false;
        }
        let in_doubt =
            link.answered <= self.counters.suspect_since() || now.duration_since(link.answered) > TRUSTED_IDLE;
        if in_doubt && !link.answers(PROOF_OF_LIFE).await {
            self.counters.lost();
            return false;
        }
        true
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
            outdated_nanos: AtomicU64::new(0),
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

    /// A session turned out to belong to an earlier schema or server: so do all that were opened before now.
    pub(crate) fn outdated(&self) {
        self.outdated_nanos.fetch_max(nanos(self.start.elapsed()), Ordering::Relaxed);
    }

    pub(crate) fn closed_unclean(&self) {
        self.closed_unclean.fetch_add(1, Ordering::Relaxed);
    }

    fn granted(&self, wait: Duration) {
        self.acquired.fetch_add(1, Ordering::Relaxed);
        self.wait_nanos.fetch_add(nanos(wait), Ordering::Relaxed);
    }

    fn outdated_since(&self) -> Instant {
        self.start + Duration::from_nanos(self.outdated_nanos.load(Ordering::Relaxed))
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

/// Keeps the minimum of connections open, closes the old and the unused.
async fn look_after(pool: managed::Pool<Manager>, openings: Arc<Openings>, settings: Settings) {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tick.tick().await;
        let mut open = openings.open();
        let now = Instant::now();
        let mut keeps = |link: &Link| {
            let idle = now.duration_since(link.answered);
            let keep = now <= link.retires && (open <= settings.min_connections || idle <= settings.idle_timeout);
            open -= usize::from(!keep);
            keep
        };
        drop(pool.retain(|link, _| keeps(link)));
        openings.fill(settings.min_connections, &mut keeps);
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
