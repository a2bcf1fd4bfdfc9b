//! The brakes, on a real server.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod buckets;
mod memory;

use std::time::Duration;

use dbtest::Database;
use sqldb::Settings;
use throttle::{Outcome, Policy, Throttles};

/// Three at once, and the next after an hour: long beside any test.
const SLOW: Policy = Policy { name: "slow", burst: 3, period: Duration::from_secs(3600) };

/// A replica with a pool of its own.
fn replica(database: &Database) -> Throttles {
    Throttles::new(database.db_with(Settings {
        max_connections: 8,
        min_connections: 0,
        max_waiters: 1000,
        acquire_timeout: Duration::from_secs(10),
        deadline: Duration::from_secs(10),
        ..Settings::default()
    }))
}

async fn take(throttles: &Throttles, policy: &Policy, parts: &[&[u8]]) -> Outcome {
    throttles.take(&[policy.turn(parts)]).await.unwrap()
}

#[track_caller]
fn wait(outcome: Outcome) -> Duration {
    match outcome {
        Outcome::Denied { retry_after, .. } => retry_after,
        Outcome::Allowed => panic!("it is allowed"),
    }
}

async fn rows(database: &Database, sql: &'static str) -> i64 {
    let (rows,): (i64,) = database.db().fetch_one(sqlx::query_as(sql)).await.unwrap();
    rows
}
