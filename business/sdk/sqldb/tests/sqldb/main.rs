//! The wrapper against real servers: healthy ones, frozen ones, ones behind a network that went silent.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deadlines;
mod faults;
mod nesting;
mod observer;
mod opening;
mod pool;
mod schema;
mod snapshots;
mod statements;
mod stress;
mod together;
mod transactions;

use std::time::Duration;

use sqldb::{Db, Settings};
use tokio::time::Instant;

/// Settings of a small pool that gives up early.
fn settings() -> Settings {
    Settings {
        max_connections: 4,
        min_connections: 0,
        acquire_timeout: Duration::from_secs(2),
        deadline: Duration::from_secs(5),
        ..Settings::default()
    }
}

/// Waits until a connection is open, which may take longer than the limits that a test is about.
async fn opened(db: &Db) {
    let start = Instant::now();
    while let Err(error) = db.ping().await {
        assert!(start.elapsed() < Duration::from_secs(20), "no connection: {error}");
    }
}

async fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came to pass");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The table that most tests write to.
async fn with_notes(db: &Db) {
    let table = "CREATE TABLE notes (\
        id bigint CONSTRAINT notes_pkey PRIMARY KEY, \
        text text NOT NULL CONSTRAINT notes_text_check CHECK (length(text) < 20), \
        about bigint CONSTRAINT notes_about_fkey REFERENCES notes (id))";
    db.execute(sqlx::query(table)).await.unwrap();
}

async fn insert(db: &Db, id: i64) -> Result<u64, sqldb::Error> {
    db.execute(sqlx::query("INSERT INTO notes (id, text) VALUES ($1, 'a note')").bind(id)).await
}

async fn count(db: &Db) -> i64 {
    let (count,): (i64,) = db.fetch_one(sqlx::query_as("SELECT count(*) FROM notes")).await.unwrap();
    count
}

/// Statements that the database's other sessions are running.
async fn busy_backends(db: &Db) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let (count,): (i64,) = db.fetch_one(sqlx::query_as(sql)).await.unwrap();
    count
}

/// Waits until no other session works, and tells how long that took.
async fn until_quiet(db: &Db, limit: Duration) -> Duration {
    let start = Instant::now();
    while busy_backends(db).await > 0 {
        assert!(start.elapsed() < limit, "a backend is still busy after {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}
