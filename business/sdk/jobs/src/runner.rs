//! Takes jobs that are due and gives them to their handlers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join, join_all};
use serde_json::Value;
use sqldb::Db;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::attempt::Handler;
use crate::job::{Failure, Job};
use crate::lane::Lane;
use crate::leases::Leases;
use crate::queue;
use crate::report::{Begun, Report};
use crate::schedule::Schedule;
use crate::scheduler::{self, Periodic};

/// How many jobs of a lane run at a time, unless [`Runner::lane`] says otherwise.
const LIMIT: usize = 4;

/// The lane of periodic jobs.
const PERIODIC_LANE: &str = "periodic";

/// How often a periodic job is tried: for a few minutes. The next period tries again anyway.
const PERIODIC_ATTEMPTS: i16 = 5;

/// How long one run of a periodic job may take.
const PERIODIC_DEADLINE: Duration = Duration::from_secs(5 * 60);

/// How long the jobs that run may take to end after the stop, unless [`Runner::grace`] says otherwise.
const GRACE: Duration = Duration::from_secs(3);

/// How long a job that was given up is kept.
const DEAD_KEPT: TimeDelta = TimeDelta::days(30);

type Around = Arc<dyn Fn(&Begun, BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Runs jobs in this process. Any number of processes may, each with its own.
pub struct Runner {
    db: Db,
    handlers: Vec<Handler>,
    limits: BTreeMap<&'static str, usize>,
    periodics: Vec<Periodic>,
    grace: Duration,
    report: Arc<dyn Fn(Report) + Send + Sync>,
    around: Around,
}

/// What the parts of a runner share.
pub(crate) struct Shared {
    pub(crate) db: Db,
    /// Names this runner in the rows that it has.
    pub(crate) id: Uuid,
    pub(crate) leases: Leases,
    /// Is cancelled when the grace of the stop is over.
    pub(crate) quit: CancellationToken,
    pub(crate) around: Around,
    report: Arc<dyn Fn(Report) + Send + Sync>,
}

impl Runner {
    /// A runner without handlers.
    pub fn new(db: Db) -> Self {
        let runner = Self {
            db: db.clone(),
            handlers: Vec::new(),
            limits: BTreeMap::new(),
            periodics: Vec::new(),
            grace: GRACE,
            report: Arc::new(|_| {}),
            around: Arc::new(|_, work| work),
        };
        let sweep = move || {
            let db = db.clone();
            async move { queue::sweep(&db, DEAD_KEPT).await.map(|_| ()).map_err(Failure::from) }
        };
        match Schedule::parse("41 4 * * *") {
            Ok(daily) => runner.cron("jobs.sweep", daily, sweep),
            Err(_) => runner,
        }
    }

    /// Gives jobs of the kind `J` to `handler`; a second handler of a kind takes the place of the first. Kinds without
    /// a handler are left to other processes.
    ///
    /// A handler is run again when its process dies, and may be dropped at any await: when its deadline passes, at the
    /// stop, or when the database cannot be reached. It may panic: that is a failure to retry.
    #[must_use]
    pub fn on<J, F>(mut self, handler: impl Fn(J) -> F + Send + Sync + 'static) -> Self
    where
        J: Job,
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.add(Handler {
            name: J::NAME,
            lane: J::LANE,
            deadline: J::DEADLINE,
            run: Box::new(move |payload| match serde_json::from_value::<J>(payload) {
                Ok(job) => handler(job).boxed(),
                // A newer release may have written it: one of that will read it.
                Err(error) => {
                    let reason = format!("the payload cannot be read: {error}");
                    std::future::ready(Err(Failure::Retry(reason))).boxed()
                }
            }),
        });
        self
    }

    /// Runs `handler` whenever `schedule` says so: once for each due moment, in one of the replicas. A run that takes
    /// longer than the period has no other beside it. What fell due while no replica ran is made up for by one run.
    #[must_use]
    pub fn cron<F>(
        mut self,
        name: &'static str,
        schedule: Schedule,
        handler: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.add(Handler {
            name,
            lane: PERIODIC_LANE,
            deadline: PERIODIC_DEADLINE,
            run: Box::new(move |_: Value| handler().boxed()),
        });
        self.periodics.retain(|periodic| periodic.name != name);
        self.periodics.push(Periodic { name, lane: PERIODIC_LANE, attempts: PERIODIC_ATTEMPTS, schedule });
        self
    }

    /// Lets at most `limit` jobs of the lane run at a time in this process; 4 unless this is called.
    #[must_use]
    pub fn lane(mut self, name: &'static str, limit: usize) -> Self {
        self.limits.insert(name, limit.max(1));
        self
    }

    /// How long the jobs that run may take to end after the stop; 3 s unless this is called. Those that take longer are
    /// dropped, and run again in another process at once.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Tells `report` what becomes of each attempt.
    #[must_use]
    pub fn report(mut self, report: impl Fn(Report) + Send + Sync + 'static) -> Self {
        self.report = Arc::new(report);
        self
    }

    /// Puts `around` around each attempt, its report included: a span of the caller's trace, a scope.
    #[must_use]
    pub fn around(
        mut self,
        around: impl Fn(&Begun, BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.around = Arc::new(around);
        self
    }

    /// Runs jobs until `stop` is cancelled, and then those that run to their end.
    ///
    /// A database that is away, or not migrated yet, is reported and waited for.
    pub async fn run(self, stop: CancellationToken) {
        let shared = Arc::new(Shared {
            db: self.db,
            id: Uuid::now_v7(),
            leases: Leases::default(),
            quit: CancellationToken::new(),
            around: self.around,
            report: self.report,
        });
        let mut lanes: BTreeMap<&'static str, HashMap<&'static str, Arc<Handler>>> = BTreeMap::new();
        for handler in self.handlers {
            lanes.entry(handler.lane).or_default().insert(handler.name, Arc::new(handler));
        }
        let lanes = lanes.into_iter().map(|(name, handlers)| {
            let limit = self.limits.get(name).copied().unwrap_or(LIMIT);
            Lane { name, limit, handlers }.run(Arc::clone(&shared), stop.clone(), self.grace)
        });
        let work = join(join_all(lanes), scheduler::run(Arc::clone(&shared), self.periodics, stop.clone()));
        tokio::select! {
            _ = work => {}
            () = shared.leases.keep(&shared) => {}
        }
    }

    fn add(&mut self, handler: Handler) {
        self.handlers.retain(|other| other.name != handler.name);
        self.handlers.push(handler);
    }
}

impl Shared {
    pub(crate) fn report(&self, report: Report) {
        (self.report)(report);
    }
}
