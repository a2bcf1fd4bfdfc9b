//! The queue as those see it who fill it and who look after it.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use sqldb::{Db, Error, Tx};
use types::Timestamp;

use crate::job::{Job, JobId};
use crate::store::{self, NewJob};

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its time, or for a runner.
    Waiting,
    /// A runner has it, and has said so of late.
    Running,
    /// It was given up.
    Dead,
}

/// A job that is still to do, or was given up.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The job.
    pub id: JobId,
    /// The name of its kind.
    pub name: String,
    /// The lane it waits in.
    pub lane: String,
    /// What it knows.
    pub payload: Value,
    /// How it stands.
    pub state: State,
    /// Attempts begun.
    pub attempt: i16,
    /// Attempts it has in all.
    pub attempts: i16,
    /// When it was enqueued.
    pub enqueued_at: Timestamp,
    /// When it may run next; of a running one, when it is taken from a runner that falls silent.
    pub due_at: Timestamp,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Which jobs to show.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that stand so.
    pub state: Option<State>,
    /// Those of one kind.
    pub name: Option<String>,
}

/// The figures of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The lane.
    pub lane: String,
    /// Jobs that are due and wait for a runner.
    pub due: u64,
    /// Jobs whose time is still to come.
    pub later: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that were given up.
    pub dead: u64,
    /// How long the one that waits longest has been due.
    pub oldest: Duration,
}

impl State {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// Enqueues `job` in the transaction: it is done once that is committed, and never if it is rolled back.
///
/// # Errors
/// The database failed, or the job can't be written as JSON.
pub async fn enqueue<J: Job>(tx: &Tx, job: &J) -> Result<(), Error> {
    store::insert(&tx.db(), NewJob::of(job)?).await.map(|_| ())
}

/// The same, to be done at `at` or soon after.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_at<J: Job>(tx: &Tx, job: &J, at: Timestamp) -> Result<(), Error> {
    store::insert(&tx.db(), NewJob { due_at: Some(at), ..NewJob::of(job)? }).await.map(|_| ())
}

/// Enqueues `job` unless one of its kind with the same `key` (1 to 300 characters) waits or runs; says whether it did.
///
/// For work that does all of what was asked for until it began, and for what nobody wants twice: ten clicks, one mail.
/// A transaction that enqueues under a key waits for another one that does, until that has ended.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_once<J: Job>(tx: &Tx, job: &J, key: &str) -> Result<bool, Error> {
    store::insert(&tx.db(), NewJob { unique_key: Some(key.to_owned()), ..NewJob::of(job)? }).await
}

/// The jobs that match: the dead first, then the longest due first; at most `limit`.
///
/// # Errors
/// The database failed.
pub async fn query(db: &Db, filter: &Filter, limit: u32) -> Result<Vec<Queued>, Error> {
    store::query(db, filter, limit).await
}

/// One job.
///
/// # Errors
/// [`Error::NotFound`], or the database failed.
pub async fn query_by_id(db: &Db, job_id: JobId) -> Result<Queued, Error> {
    store::query_by_id(db, job_id).await
}

/// Makes a job due now, with all of its attempts before it. One that runs is left alone.
///
/// # Errors
/// [`Error::NotFound`] when there is none that does not run; [`Error::Duplicate`] when its key was taken meanwhile; or
/// the database failed.
pub async fn retry(db: &Db, job_id: JobId) -> Result<(), Error> {
    if store::retry(db, job_id).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Removes a job. One that runs is left alone.
///
/// # Errors
/// [`Error::NotFound`] when there is none that does not run, or the database failed.
pub async fn discard(db: &Db, job_id: JobId) -> Result<(), Error> {
    if store::discard(db, job_id).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Makes all jobs that were given up due now, or those of one kind, and says how many there were. A job whose key was taken
/// meanwhile stays as it is.
///
/// # Errors
/// The database failed.
pub async fn retry_dead(db: &Db, name: Option<&str>) -> Result<u64, Error> {
    store::retry_dead(db, name).await
}

/// Removes all jobs that were given up, or those of one kind, and says how many there were.
///
/// # Errors
/// The database failed.
pub async fn discard_dead(db: &Db, name: Option<&str>) -> Result<u64, Error> {
    store::discard_dead(db, name).await
}

/// The figures of every lane that has jobs.
///
/// # Errors
/// The database failed.
pub async fn figures(db: &Db) -> Result<Vec<Figures>, Error> {
    store::figures(db).await
}

/// Removes the jobs that were given up more than `age` ago, and says how many there were.
pub(crate) async fn sweep(db: &Db, age: TimeDelta) -> Result<u64, Error> {
    store::sweep(db, age).await
}
