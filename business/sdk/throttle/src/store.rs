//! The tables, changed by one statement each.

use std::time::Duration;

use chrono::TimeDelta;
use sqldb::{Db, Error};

use crate::{Key, Outcome, REMEMBERED, Turn};

/// The most rows that one statement of a sweep removes.
const BATCH: u32 = 1000;

/// By how much a bucket's moment may lie beyond what its capacity allows. Of statements that ran at once, one may have
/// read the clock before another did; what lies further in the future was written before the clock was set back, or
/// by a release with a slower policy, and says nothing.
const SLACK: TimeDelta = TimeDelta::seconds(60);

#[derive(Clone)]
pub(crate) struct Store(Db);

#[derive(sqlx::FromRow)]
struct Level {
    is_allowed: bool,
    /// Microseconds until the turn is there.
    wait: i64,
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self(db)
    }

    /// Takes a turn if there is one.
    pub(crate) async fn take(&self, turn: &Turn) -> Result<Outcome, Error> {
        // A row that another transaction is changing is waited for, and the clock is read after that. Where the update
        // finds no turn it changes nothing, and the second branch tells how long to wait, by the row as it was when
        // the statement began.
        const SQL: &str = "
            WITH taken AS (
                INSERT INTO throttles AS bucket (key, whole_at) VALUES ($1, clock_timestamp() + $2)
                ON CONFLICT ON CONSTRAINT throttles_pkey DO UPDATE SET whole_at = $2 + CASE
                    WHEN bucket.whole_at > clock_timestamp() + $3 + $4 THEN clock_timestamp()
                    ELSE greatest(bucket.whole_at, clock_timestamp())
                END
                WHERE bucket.whole_at + $2 <= clock_timestamp() + $3 OR bucket.whole_at > clock_timestamp() + $3 + $4
                RETURNING bucket.key
            )
            SELECT true AS is_allowed, 0::bigint AS wait FROM taken
            UNION ALL
            SELECT false, (extract(epoch FROM whole_at + $2 - $3 - clock_timestamp()) * 1000000)::bigint
            FROM throttles WHERE key = $1 AND NOT EXISTS (SELECT FROM taken)";
        let level = self.0.fetch_optional(ask(SQL, turn)).await?;
        // No row: the bucket was made, and emptied, since the statement began. How long to wait is told next time.
        Ok(level.unwrap_or(Level { is_allowed: false, wait: 0 }).of(turn))
    }

    /// Whether there is a turn.
    pub(crate) async fn peek(&self, turn: &Turn) -> Result<Outcome, Error> {
        const SQL: &str = "
            SELECT whole_at + $2 <= clock_timestamp() + $3 OR whole_at > clock_timestamp() + $3 + $4 AS is_allowed,
                (extract(epoch FROM whole_at + $2 - $3 - clock_timestamp()) * 1000000)::bigint AS wait
            FROM throttles WHERE key = $1";
        let level = self.0.fetch_optional(ask(SQL, turn)).await?;
        Ok(level.map_or(Outcome::Allowed, |level| level.of(turn)))
    }

    pub(crate) async fn give_back(&self, turn: &Turn) -> Result<(), Error> {
        const SQL: &str = "UPDATE throttles SET whole_at = whole_at - $2 WHERE key = $1";
        let back = sqlx::query(SQL).bind(turn.key.bytes().to_vec()).bind(delta(turn.policy.cost()));
        self.0.execute(back).await.map(|_| ())
    }

    pub(crate) async fn remember(&self, key: &Key) -> Result<(), Error> {
        // Once a day is enough for a month.
        const SQL: &str = "
            INSERT INTO acquaintances AS known (key, seen_at) VALUES ($1, now())
            ON CONFLICT ON CONSTRAINT acquaintances_pkey DO UPDATE SET seen_at = excluded.seen_at
            WHERE known.seen_at <= excluded.seen_at - interval '1 day'";
        self.0.execute(sqlx::query(SQL).bind(key.bytes().to_vec())).await.map(|_| ())
    }

    pub(crate) async fn remembers(&self, key: &Key) -> Result<bool, Error> {
        const SQL: &str = "SELECT EXISTS (SELECT FROM acquaintances WHERE key = $1 AND seen_at > now() - $2)";
        let (is_known,) =
            self.0.fetch_one(sqlx::query_as(SQL).bind(key.bytes().to_vec()).bind(delta(REMEMBERED))).await?;
        Ok(is_known)
    }

    pub(crate) async fn sweep_buckets(&self) -> Result<u64, Error> {
        // A minute late: a statement that has just read the row may still give a turn back.
        const SQL: &str = "
            DELETE FROM throttles WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM throttles WHERE whole_at <= now() - interval '1 minute' LIMIT $1 FOR UPDATE SKIP LOCKED
            ))";
        self.in_batches(|| sqlx::query(SQL).bind(i64::from(BATCH))).await
    }

    pub(crate) async fn sweep_memory(&self) -> Result<u64, Error> {
        const SQL: &str = "
            DELETE FROM acquaintances WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM acquaintances WHERE seen_at <= now() - $2 ORDER BY seen_at LIMIT $1 FOR UPDATE SKIP LOCKED
            ))";
        self.in_batches(|| sqlx::query(SQL).bind(i64::from(BATCH)).bind(delta(REMEMBERED))).await
    }

    /// In batches, so that no statement holds its locks for long. Replicas that sweep at once share the work.
    async fn in_batches(&self, statement: impl Fn() -> Statement) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            let batch = self.0.execute(statement()).await?;
            removed += batch;
            if batch < u64::from(BATCH) {
                return Ok(removed);
            }
        }
    }
}

type Statement = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

type Question = sqlx::query::QueryAs<'static, sqlx::Postgres, Level, sqlx::postgres::PgArguments>;

/// Binds the key, what the turn costs, how much the bucket holds, and the slack.
fn ask(sql: &'static str, turn: &Turn) -> Question {
    let (cost, capacity) = (delta(turn.policy.cost()), delta(turn.policy.capacity()));
    sqlx::query_as(sql).bind(turn.key.bytes().to_vec()).bind(cost).bind(capacity).bind(SLACK)
}

/// As PostgreSQL keeps it, in microseconds: bounded far below what would not fit.
fn delta(time: Duration) -> TimeDelta {
    TimeDelta::microseconds(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

impl Level {
    fn of(&self, turn: &Turn) -> Outcome {
        if self.is_allowed {
            return Outcome::Allowed;
        }
        // Less than nothing when another has given its turn back meanwhile.
        let retry_after = Duration::from_micros(self.wait.max(0).unsigned_abs());
        Outcome::Denied { policy: turn.policy.name, retry_after }
    }
}
