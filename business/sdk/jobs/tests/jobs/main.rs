//! Jobs on a real server, in runners that are stopped, killed and cut off.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod enqueueing;
mod failing;
mod faults;
mod leases;
mod looking;
mod periodic;
mod program;
mod running;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbtest::Database;
use jobs::{Failure, Job, Queued, Report, Runner};
use serde::{Deserialize, Serialize};
use sqldb::Db;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// The runner's own job.
const SWEEP: &str = "jobs.sweep";

/// A job that says which one it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Job for Note {
    const NAME: &'static str = "test.note";
    const ATTEMPTS: i16 = 3;
    const DEADLINE: Duration = Duration::from_secs(60);
}

/// A job in a lane of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Letter {
    to: String,
}

impl Job for Letter {
    const NAME: &'static str = "test.letter";
    const LANE: &'static str = "letters";
    const DEADLINE: Duration = Duration::from_secs(60);
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

async fn enqueue(db: &Db, job: &impl Job) {
    db.transact(async |tx| jobs::enqueue(&tx, job).await).await.unwrap();
}

/// Everything that happened, in order.
#[derive(Clone, Debug)]
struct Seen<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Seen<T> {
    fn nothing() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    fn add(&self, one: T) {
        self.0.lock().unwrap().push(one);
    }

    fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until there are so many.
    async fn until(&self, count: usize) -> Vec<T> {
        until(async || self.all().len() >= count).await;
        self.all()
    }
}

/// Waits until it is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "not in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A runner at work, stopped with this value.
struct Running {
    stop: CancellationToken,
    task: JoinSet<()>,
    reports: Seen<Report>,
}

impl Running {
    fn start(runner: Runner) -> Self {
        let (reports, stop) = (Seen::nothing(), CancellationToken::new());
        let told = reports.clone();
        let mut task = JoinSet::new();
        let report = move |report| {
            // It comes once in 24 hours, and a test may run then.
            if !matches!(&report, Report::Done { begun, .. } if begun.name == SWEEP) {
                told.add(report);
            }
        };
        task.spawn(runner.report(report).run(stop.clone()));
        Self { stop, task, reports }
    }

    /// Asks it to stop, and waits until it has.
    async fn stopped(mut self) -> Vec<Report> {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task.join_next()).await.unwrap().unwrap().unwrap();
        self.reports.all()
    }

    /// Ends it in the middle of whatever it does.
    async fn dropped(mut self) {
        self.task.shutdown().await;
    }
}

/// A runner that notes the texts of notes.
fn noting(db: Db, seen: &Seen<String>) -> Runner {
    let seen = seen.clone();
    Runner::new(db).on(move |note: Note| {
        seen.add(note.text);
        std::future::ready(Ok(()))
    })
}

/// A runner whose notes fail.
fn failing(db: Db, failure: Failure) -> Runner {
    Runner::new(db).on(move |_: Note| std::future::ready(Err(failure.clone())))
}

async fn queued(db: &Db) -> Vec<Queued> {
    let mut queued = jobs::query(db, &jobs::Filter::default(), 1000).await.unwrap();
    queued.retain(|job| job.name != SWEEP);
    queued
}

/// Makes every job that waits due now.
async fn hurry(database: &Database) {
    database.execute("UPDATE jobs SET due_at = now() WHERE runner IS NULL").await;
}
