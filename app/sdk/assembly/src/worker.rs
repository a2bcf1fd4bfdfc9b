//! The jobs of this process: what is done later, and what is done now and then.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use database::Database;
use futures_util::FutureExt as _;
use jobs::{Failure, Figures, Report, Runner, Schedule};
use metrics::{counter, gauge};
use service::Tasks;
use sqldb::Db;
use telemetry::Trace;
use tracing::Instrument as _;

use crate::{Resources, Service};

/// Connections of the runner's own: it says that it lives also when requests and jobs have taken all others.
const CONNECTIONS: usize = 2;

/// Connections of the jobs' own, however many run: they take none from requests. Opened when there is work.
const WORKING: usize = 4;

/// How many mails are on their way at a time. Each may wait half a minute for a relay that hangs.
const MAILS: usize = 8;

/// How many periodic jobs run at a time.
const PERIODIC: usize = 2;

/// The lanes whose figures are shown from the start.
const LANES: [&str; 3] = ["default", "mail", "periodic"];

/// How often what waits is counted.
const MEASURE: Duration = Duration::from_secs(15);

/// How often a fault of the database is logged.
const QUIET: Duration = Duration::from_secs(30);

/// Starts the runner of this process, and gives its pools.
pub(crate) fn start(tasks: &Tasks, database: &Database, resources: &Resources, service: &Service) -> Result<[Db; 2]> {
    let limits = database::limits(&resources.settings.db, "jobs");
    let own = sqldb::Settings { max_connections: CONNECTIONS, min_connections: 1, ..limits.clone() };
    let db = database.open(own).context("db")?;
    let working = sqldb::Settings { max_connections: WORKING, min_connections: 0, ..limits };
    let work = database.open(working).context("db")?;
    // No job hashes a password: of those that are hashed at once, `resources.users` alone keeps count.
    let resources = &Resources { db: work.clone(), users: userbus::Business::new(work.clone()), ..resources.clone() };
    let runner = Runner::new(db.clone())
        .lane("mail", MAILS)
        .lane("periodic", PERIODIC)
        .around(|begun, work| {
            let traceparent = begun.traceparent;
            let trace = Trace::from_headers(|name| {
                traceparent.as_ref().map(changes::Traceparent::as_str).filter(|_| name == "traceparent")
            });
            work.instrument(telemetry::task_span(&trace, begun.name)).boxed()
        })
        .report(teller());
    let runner = (service.jobs)(resources, sweeps(resources, runner)?)?;
    tasks.spawn("run jobs", move |stopping| runner.run(stopping));
    measure(tasks, &db);
    Ok([db, work])
}

/// Adds a periodic job that removes rows; `sweep` says how many there were.
///
/// # Errors
/// The pattern is none.
pub(crate) fn sweep<S, F, E>(runner: Runner, name: &'static str, pattern: &str, sweep: S) -> Result<Runner>
where
    S: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<u64, E>> + Send + 'static,
    E: std::error::Error + 'static,
{
    let schedule = Schedule::parse(pattern).with_context(|| format!("the schedule of {name}"))?;
    Ok(runner.cron(name, schedule, move || {
        let removed = sweep();
        async move {
            let removed = removed.await.map_err(|error| Failure::retry(&error))?;
            tracing::debug!(removed, "swept");
            Ok(())
        }
    }))
}

/// What every service keeps in order.
fn sweeps(resources: &Resources, runner: Runner) -> Result<Runner> {
    let (keys, log, brakes) = (resources.db.clone(), resources.db.clone(), resources.brakes());
    let runner = sweep(runner, "idempotency.sweep", "*/15 * * * *", move || {
        let db = keys.clone();
        async move { idempotency::sweep(&db).await }
    })?;
    let runner = sweep(runner, "events.sweep", "7-59/15 * * * *", move || {
        let db = log.clone();
        async move { events::sweep(&db).await }
    })?;
    // Each row is small, and somebody with many addresses makes many.
    sweep(runner, "brakes.sweep", "* * * * *", move || {
        let brakes = brakes.clone();
        async move { brakes.sweep().await }
    })
}

/// Logs and counts what becomes of jobs.
fn teller() -> impl Fn(Report) + Send + Sync + 'static {
    let (begun, last) = (Instant::now(), AtomicU64::new(0));
    move |report| match report {
        Report::Done { begun, took, waited } => {
            counter!("jobs_done_total", "name" => begun.name).increment(1);
            tracing::debug!(job_id = %begun.job_id, attempt = begun.attempt, ?took, ?waited, "job done");
        }
        Report::Failed { begun, reason, pause } => {
            counter!("jobs_failed_total", "name" => begun.name).increment(1);
            tracing::warn!(job_id = %begun.job_id, attempt = begun.attempt, reason, ?pause, "job failed, and is tried again");
        }
        Report::Dead { begun, reason } => {
            counter!("jobs_given_up_total", "name" => begun.name).increment(1);
            tracing::error!(job_id = %begun.job_id, attempt = begun.attempt, reason, "job given up: `admin jobs retry` or `drop`");
        }
        Report::Lost { begun } => {
            counter!("jobs_lost_total", "name" => begun.name).increment(1);
            tracing::warn!(job_id = %begun.job_id, attempt = begun.attempt, "job lost to another runner");
        }
        Report::Released { begun } => {
            tracing::info!(job_id = %begun.job_id, attempt = begun.attempt, "job given back at the stop");
        }
        Report::Hindered { doing, reason } => {
            counter!("jobs_database_failures_total").increment(1);
            // Readiness and the pool's own figures tell that the database is away; once in a while is enough here.
            let now = begun.elapsed().as_secs() + QUIET.as_secs();
            let since = last.load(Ordering::Relaxed);
            if now >= since + QUIET.as_secs()
                && last.compare_exchange(since, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
            {
                tracing::warn!(doing, reason, "jobs lack the database");
            }
        }
    }
}

/// Shows among the metrics what waits.
fn measure(tasks: &Tasks, db: &Db) {
    let (db, lanes) = (db.clone(), Arc::new(Mutex::new(LANES.map(str::to_owned).into())));
    tasks.every("measure jobs", MEASURE, move || {
        let (db, lanes) = (db.clone(), Arc::clone(&lanes));
        async move {
            match jobs::figures(&db).await {
                Ok(figures) => show(&figures, &mut lanes.lock().unwrap_or_else(PoisonError::into_inner)),
                // Away, or not migrated yet: readiness says so.
                Err(error) => tracing::debug!(%error, "jobs were not counted"),
            }
        }
    });
}

/// `lanes` are those that were shown before: one that is empty now has no figures.
fn show(figures: &[Figures], lanes: &mut BTreeSet<String>) {
    lanes.extend(figures.iter().map(|figures| figures.lane.clone()));
    for lane in lanes.iter() {
        let found = figures.iter().find(|figures| figures.lane == *lane);
        let count = |of: fn(&Figures) -> u64| found.map(of).unwrap_or_default() as f64;
        gauge!("jobs_due", "lane" => lane.clone()).set(count(|figures| figures.due));
        gauge!("jobs_later", "lane" => lane.clone()).set(count(|figures| figures.later));
        gauge!("jobs_running", "lane" => lane.clone()).set(count(|figures| figures.running));
        gauge!("jobs_dead", "lane" => lane.clone()).set(count(|figures| figures.dead));
        let oldest = found.map(|figures| figures.oldest).unwrap_or_default();
        gauge!("jobs_oldest_seconds", "lane" => lane.clone()).set(oldest.as_secs_f64());
    }
}
