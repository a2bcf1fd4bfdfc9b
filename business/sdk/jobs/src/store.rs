//! Jobs in PostgreSQL: the statements, the rows, what becomes what.

use std::time::Duration;

use changes::Traceparent;
use chrono::TimeDelta;
use serde_json::Value;
use sqldb::{Db, Error};
use sqlx::types::Json;
use types::Timestamp;
use uuid::Uuid;

use crate::job::{Job, JobId};
use crate::queue::{Figures, Filter, Queued, State};

/// The most rows that one statement of [`sweep`] removes.
const BATCH: i64 = 1000;

/// A job to insert.
pub(crate) struct NewJob {
    pub(crate) name: &'static str,
    pub(crate) lane: &'static str,
    pub(crate) payload: Value,
    pub(crate) attempts: i16,
    pub(crate) unique_key: Option<String>,
    pub(crate) traceparent: Option<Traceparent>,
    /// Now, by the clock of the server, when there is none.
    pub(crate) due_at: Option<Timestamp>,
}

/// A job that a runner has taken.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) fence: Fence,
    pub(crate) name: String,
    pub(crate) payload: Value,
    pub(crate) traceparent: Option<Traceparent>,
    pub(crate) attempts: i16,
    pub(crate) waited: Duration,
}

/// What an attempt may change: its job, as long as it has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fence {
    pub(crate) job_id: JobId,
    pub(crate) runner: Uuid,
    pub(crate) attempt: i16,
}

/// A schedule as it stands.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Scheduled {
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) next_at: Timestamp,
    /// The server's moment.
    pub(crate) now: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    job_id: Uuid,
    name: String,
    payload: Json<Value>,
    traceparent: Option<String>,
    attempt: i16,
    attempts: i16,
    waited: f64,
}

#[derive(sqlx::FromRow)]
struct Row {
    job_id: Uuid,
    name: String,
    lane: String,
    payload: Json<Value>,
    enqueued_at: Timestamp,
    due_at: Timestamp,
    attempt: i16,
    attempts: i16,
    is_running: bool,
    dead_at: Option<Timestamp>,
    last_error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FiguresRow {
    lane: String,
    due: i64,
    later: i64,
    running: i64,
    dead: i64,
    oldest: f64,
}

/// The columns of a [`Row`]. A job whose runner has let its lease pass does not run: it waits for another.
macro_rules! columns {
    () => {
        "job_id, name, lane, payload, enqueued_at, due_at, attempt, attempts, dead_at, last_error, \
         runner IS NOT NULL AND due_at > now() AS is_running"
    };
}

impl NewJob {
    pub(crate) fn of<J: Job>(job: &J) -> Result<Self, Error> {
        let payload = serde_json::to_value(job).map_err(|error| Error::Other { source: error.into() })?;
        Ok(Self {
            name: J::NAME,
            lane: J::LANE,
            payload,
            attempts: J::ATTEMPTS,
            unique_key: None,
            traceparent: changes::origin().traceparent,
            due_at: None,
        })
    }
}

/// Inserts the job; `false` when another one has its key.
pub(crate) async fn insert(db: &Db, job: NewJob) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO jobs (job_id, name, lane, payload, attempts, unique_key, traceparent, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
        ON CONFLICT (name, unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL DO NOTHING";
    let insert = sqlx::query(SQL)
        .bind(Uuid::now_v7())
        .bind(job.name)
        .bind(job.lane)
        .bind(Json(job.payload))
        .bind(job.attempts)
        .bind(job.unique_key)
        .bind(job.traceparent.as_ref().map(Traceparent::as_str))
        .bind(job.due_at);
    db.execute(insert).await.map(|inserted| inserted == 1)
}

/// Takes up to `limit` jobs of the lane that are due and have a name of `names`, for as long as `lease`.
pub(crate) async fn claim(
    db: &Db,
    runner: Uuid,
    lane: &str,
    names: &[&'static str],
    limit: usize,
    lease: Duration,
) -> Result<Vec<Claimed>, Error> {
    // Names that this release does not know are left to one that does. A runner that died left its jobs with a moment
    // at which they are due again: there is nothing to tell them from those that wait.
    const SQL: &str = "
        WITH due AS (
            SELECT job_id, due_at FROM jobs
            WHERE lane = $2 AND name = ANY ($3) AND dead_at IS NULL AND due_at <= now()
            ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs SET runner = $1, attempt = attempt + 1, due_at = now() + $5
        FROM due WHERE jobs.job_id = due.job_id
        RETURNING jobs.job_id, name, payload, traceparent, attempt, attempts,
            extract(epoch FROM now() - due.due_at)::float8 AS waited";
    let claim = sqlx::query_as::<_, ClaimedRow>(SQL)
        .bind(runner)
        .bind(lane)
        .bind(names)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(interval(lease));
    let rows = db.fetch_all(claim).await?;
    Ok(rows.into_iter().map(|row| row.claimed(runner)).collect())
}

/// Prolongs the lease of jobs, and gives those of them that the runner still has.
pub(crate) async fn renew(db: &Db, runner: Uuid, jobs: &[JobId], lease: Duration) -> Result<Vec<JobId>, Error> {
    const SQL: &str = "
        UPDATE jobs SET due_at = now() + $3 WHERE job_id = ANY ($2) AND runner = $1 RETURNING job_id";
    let ids: Vec<Uuid> = jobs.iter().map(|job_id| job_id.uuid()).collect();
    let renew = sqlx::query_as::<_, (Uuid,)>(SQL).bind(runner).bind(ids).bind(interval(lease));
    Ok(db.fetch_all(renew).await?.into_iter().map(|(job_id,)| JobId::restore(job_id)).collect())
}

/// Removes a job that is done; `false` when the attempt has it no longer. So do the next three.
pub(crate) async fn done(db: &Db, fence: Fence) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM jobs WHERE job_id = $1 AND runner = $2 AND attempt = $3";
    let delete = sqlx::query(SQL).bind(fence.job_id.uuid()).bind(fence.runner).bind(fence.attempt);
    db.execute(delete).await.map(|removed| removed == 1)
}

/// Lets a job that failed wait for its next attempt.
pub(crate) async fn postpone(db: &Db, fence: Fence, reason: &str, pause: Duration) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE jobs SET runner = NULL, due_at = now() + $5, last_error = $4
        WHERE job_id = $1 AND runner = $2 AND attempt = $3";
    let update = sqlx::query(SQL)
        .bind(fence.job_id.uuid())
        .bind(fence.runner)
        .bind(fence.attempt)
        .bind(reason)
        .bind(interval(pause));
    db.execute(update).await.map(|changed| changed == 1)
}

/// Gives a job up.
pub(crate) async fn bury(db: &Db, fence: Fence, reason: &str) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE jobs SET runner = NULL, dead_at = now(), last_error = $4
        WHERE job_id = $1 AND runner = $2 AND attempt = $3";
    let update = sqlx::query(SQL).bind(fence.job_id.uuid()).bind(fence.runner).bind(fence.attempt).bind(reason);
    db.execute(update).await.map(|changed| changed == 1)
}

/// Gives a job back as if its attempt had never begun.
pub(crate) async fn release(db: &Db, fence: Fence) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE jobs SET runner = NULL, due_at = now(), attempt = attempt - 1
        WHERE job_id = $1 AND runner = $2 AND attempt = $3";
    let update = sqlx::query(SQL).bind(fence.job_id.uuid()).bind(fence.runner).bind(fence.attempt);
    db.execute(update).await.map(|changed| changed == 1)
}

pub(crate) async fn query(db: &Db, filter: &Filter, limit: u32) -> Result<Vec<Queued>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM jobs
        WHERE ($1::text IS NULL OR name = $1)
            AND ($2::text IS NULL OR $2 = CASE
                WHEN dead_at IS NOT NULL THEN 'dead' WHEN runner IS NOT NULL AND due_at > now() THEN 'running'
                ELSE 'waiting' END)
        ORDER BY dead_at IS NULL, dead_at DESC, due_at, job_id LIMIT $3"
    );
    let query =
        sqlx::query_as::<_, Row>(SQL).bind(&filter.name).bind(filter.state.map(State::as_str)).bind(i64::from(limit));
    Ok(db.fetch_all(query).await?.into_iter().map(Queued::from).collect())
}

pub(crate) async fn query_by_id(db: &Db, job_id: JobId) -> Result<Queued, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM jobs WHERE job_id = $1");
    db.fetch_one(sqlx::query_as::<_, Row>(SQL).bind(job_id.uuid())).await.map(Queued::from)
}

pub(crate) async fn retry(db: &Db, job_id: JobId) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE jobs SET runner = NULL, attempt = 0, due_at = now(), dead_at = NULL
        WHERE job_id = $1 AND (runner IS NULL OR due_at <= now())";
    db.execute(sqlx::query(SQL).bind(job_id.uuid())).await.map(|changed| changed == 1)
}

pub(crate) async fn discard(db: &Db, job_id: JobId) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM jobs WHERE job_id = $1 AND (runner IS NULL OR due_at <= now())";
    db.execute(sqlx::query(SQL).bind(job_id.uuid())).await.map(|removed| removed == 1)
}

pub(crate) async fn retry_dead(db: &Db, name: Option<&str>) -> Result<u64, Error> {
    // Of several with one key the newest, and none where one that lives has it.
    const SQL: &str = "
        UPDATE jobs SET attempt = 0, due_at = now(), dead_at = NULL
        WHERE dead_at IS NOT NULL AND ($1::text IS NULL OR name = $1) AND NOT EXISTS (
            SELECT FROM jobs AS other
            WHERE other.name = jobs.name AND other.unique_key = jobs.unique_key
                AND (other.dead_at IS NULL OR other.job_id > jobs.job_id)
        )";
    db.execute(sqlx::query(SQL).bind(name)).await
}

pub(crate) async fn discard_dead(db: &Db, name: Option<&str>) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM jobs WHERE dead_at IS NOT NULL AND ($1::text IS NULL OR name = $1)";
    db.execute(sqlx::query(SQL).bind(name)).await
}

pub(crate) async fn figures(db: &Db) -> Result<Vec<Figures>, Error> {
    const SQL: &str = "
        SELECT lane,
            count(*) FILTER (WHERE dead_at IS NULL AND due_at <= now()) AS due,
            count(*) FILTER (WHERE dead_at IS NULL AND runner IS NULL AND due_at > now()) AS later,
            count(*) FILTER (WHERE runner IS NOT NULL AND due_at > now()) AS running,
            count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
            coalesce(extract(epoch FROM now() - min(due_at)
                FILTER (WHERE dead_at IS NULL AND due_at <= now())), 0)::float8 AS oldest
        FROM jobs GROUP BY lane ORDER BY lane";
    let rows = db.fetch_all(sqlx::query_as::<_, FiguresRow>(SQL)).await?;
    Ok(rows.into_iter().map(Figures::from).collect())
}

/// Removes the jobs that were given up more than `age` ago.
pub(crate) async fn sweep(db: &Db, age: TimeDelta) -> Result<u64, Error> {
    const SQL: &str = "
        DELETE FROM jobs WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM jobs WHERE dead_at <= now() - $1 ORDER BY dead_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ))";
    let mut removed = 0;
    loop {
        let batch = db.execute(sqlx::query(SQL).bind(age).bind(BATCH)).await?;
        removed += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(removed);
        }
    }
}

/// Notes a schedule that is new or was changed, with the next moment of it.
pub(crate) async fn declare(db: &Db, name: &str, pattern: &str, next: Timestamp) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO job_schedules (name, pattern, next_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT job_schedules_pkey DO UPDATE
            SET pattern = excluded.pattern, next_at = excluded.next_at WHERE job_schedules.pattern <> excluded.pattern";
    db.execute(sqlx::query(SQL).bind(name).bind(pattern).bind(next)).await.map(|_| ())
}

/// The schedules of `names`, those that are due first.
pub(crate) async fn schedules(db: &Db, names: &[&'static str]) -> Result<Vec<Scheduled>, Error> {
    const SQL: &str =
        "SELECT name, pattern, next_at, now() AS now FROM job_schedules WHERE name = ANY ($1) ORDER BY next_at";
    db.fetch_all(sqlx::query_as(SQL).bind(names)).await
}

/// Moves a schedule from one moment to another without a run, unless another replica did.
pub(crate) async fn set(db: &Db, name: &str, from: Timestamp, to: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE job_schedules SET next_at = $3 WHERE name = $1 AND next_at = $2";
    db.execute(sqlx::query(SQL).bind(name).bind(from).bind(to)).await.map(|_| ())
}

/// Moves a schedule from one moment to the next and enqueues its job, unless another replica did.
pub(crate) async fn tick(db: &Db, job: NewJob, from: Timestamp, to: Timestamp) -> Result<bool, Error> {
    // The job keeps the name of its schedule as its key: while a run takes longer than the period, none is added.
    const SQL: &str = "
        WITH moved AS (
            UPDATE job_schedules SET next_at = $3 WHERE name = $1 AND next_at = $2 RETURNING name
        )
        INSERT INTO jobs (job_id, name, lane, payload, attempts, unique_key)
        SELECT $4, name, $5, $6, $7, name FROM moved
        ON CONFLICT (name, unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL DO NOTHING";
    let tick = sqlx::query(SQL)
        .bind(job.name)
        .bind(from)
        .bind(to)
        .bind(Uuid::now_v7())
        .bind(job.lane)
        .bind(Json(job.payload))
        .bind(job.attempts);
    db.execute(tick).await.map(|inserted| inserted == 1)
}

impl ClaimedRow {
    fn claimed(self, runner: Uuid) -> Claimed {
        Claimed {
            fence: Fence { job_id: JobId::restore(self.job_id), runner, attempt: self.attempt },
            name: self.name,
            payload: self.payload.0,
            traceparent: self.traceparent.as_deref().and_then(Traceparent::parse),
            attempts: self.attempts,
            waited: seconds(self.waited),
        }
    }
}

impl From<Row> for Queued {
    fn from(row: Row) -> Self {
        let state = match (row.dead_at, row.is_running) {
            (Some(_), _) => State::Dead,
            (None, true) => State::Running,
            (None, false) => State::Waiting,
        };
        Self {
            id: JobId::restore(row.job_id),
            name: row.name,
            lane: row.lane,
            payload: row.payload.0,
            state,
            attempt: row.attempt,
            attempts: row.attempts,
            enqueued_at: row.enqueued_at,
            due_at: row.due_at,
            dead_at: row.dead_at,
            last_error: row.last_error,
        }
    }
}

impl From<FiguresRow> for Figures {
    fn from(row: FiguresRow) -> Self {
        Self {
            lane: row.lane,
            due: row.due.unsigned_abs(),
            later: row.later.unsigned_abs(),
            running: row.running.unsigned_abs(),
            dead: row.dead.unsigned_abs(),
            oldest: seconds(row.oldest),
        }
    }
}

/// A clock that was set back makes it negative.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

/// In whole microseconds, as the server counts: others cannot be sent. What no interval can hold is longer than any that
/// is meant.
fn interval(duration: Duration) -> TimeDelta {
    TimeDelta::microseconds(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}
