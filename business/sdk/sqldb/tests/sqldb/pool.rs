//! The limits of the pool.

use std::time::Duration;

use sqldb::{Db, Error, Settings, SettingsError};
use tokio::time::Instant;

use crate::{opened, settings, until};

/// Takes every connection of a pool of two until the guard is dropped.
async fn exhaust(db: &Db) -> tokio::task::JoinSet<()> {
    let mut holders = tokio::task::JoinSet::new();
    for _ in 0..db.stats().max_connections {
        let db = db.clone();
        holders.spawn(async move {
            // What is not open in time is open for who asks again.
            for _ in 0..50 {
                let outcome = db.execute(sqlx::query("SELECT pg_sleep(60)")).await;
                if !matches!(outcome, Err(Error::Unavailable { .. })) {
                    return;
                }
            }
        });
    }
    let stats = db.stats();
    until(|| db.stats().acquired >= stats.acquired + stats.max_connections as u64).await;
    holders
}

#[tokio::test]
async fn an_exhausted_pool_refuses_within_the_acquire_timeout_and_recovers() {
    let database = dbtest::empty().await;
    let limits = Settings { max_connections: 2, acquire_timeout: Duration::from_millis(300), ..settings() };
    let db = database.db_with(Settings { deadline: Duration::from_secs(60), ..limits });
    let mut holders = exhaust(&db).await;
    let start = Instant::now();
    assert!(matches!(db.ping().await, Err(Error::Unavailable { .. })));
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert!(start.elapsed() < Duration::from_secs(2));
    holders.shutdown().await;
    opened(&db).await;
}

#[tokio::test]
async fn one_waiter_too_many_is_refused_at_once() {
    let database = dbtest::empty().await;
    let limits =
        Settings { max_connections: 2, max_waiters: 3, acquire_timeout: Duration::from_secs(30), ..settings() };
    let db = database.db_with(Settings { deadline: Duration::from_secs(60), ..limits });
    let _holders = exhaust(&db).await;
    let mut waiters = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let db = db.clone();
        waiters.spawn(async move { db.ping().await });
    }
    until(|| db.stats().waiting == 3).await;
    let start = Instant::now();
    let refused = db.ping().await;
    assert!(matches!(refused, Err(Error::Unavailable { reason: "too many wait for a connection", .. })));
    assert!(start.elapsed() < Duration::from_secs(5), "without the wait of 30 s");
    assert_eq!(db.stats().waiting, 3);
    waiters.shutdown().await;
    assert_eq!(db.stats().waiting, 0, "a waiter that leaves is not counted any more");
}

#[tokio::test]
async fn a_pool_that_closes_refuses_those_who_wait_at_once() {
    let database = dbtest::empty().await;
    let limits = Settings { max_connections: 2, acquire_timeout: Duration::from_secs(30), ..settings() };
    let db = database.db_with(Settings { deadline: Duration::from_secs(60), ..limits });
    let _holders = exhaust(&db).await;
    let start = Instant::now();
    let mut waiters = tokio::task::JoinSet::new();
    let waiting = db.clone();
    waiters.spawn(async move { waiting.ping().await });
    until(|| db.stats().waiting == 1).await;
    db.close();
    let refused = waiters.join_next().await.unwrap().unwrap();
    assert!(matches!(refused, Err(Error::Unavailable { reason: "the pool is closed", .. })));
    assert!(start.elapsed() < Duration::from_secs(20), "without the wait of 30 s");
}

#[tokio::test]
async fn work_that_is_dropped_on_a_thread_without_a_runtime_is_undone_like_any_other() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { max_connections: 1, ..settings() });
    opened(&db).await;
    let held = db.clone();
    let mut work = Box::pin(async move {
        held.transact(async |tx| {
            tx.db().ping().await?;
            std::future::pending::<Result<(), Error>>().await
        })
        .await
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut work).await.is_err());
    std::thread::spawn(move || drop(work)).join().unwrap();
    db.ping().await.unwrap();
    assert_eq!(db.stats().closed_unclean, 1);
}

#[tokio::test]
async fn the_minimum_of_connections_is_kept_open_and_the_surplus_closed() {
    let database = dbtest::empty().await;
    let limits = Settings { min_connections: 2, idle_timeout: Duration::from_secs(2), ..settings() };
    let db = database.db_with(limits);
    until(|| db.stats().connections == 2).await;
    let sleep = async || db.execute(sqlx::query("SELECT pg_sleep(0.2)")).await.unwrap();
    tokio::join!(sleep(), sleep(), sleep(), sleep());
    assert_eq!(db.stats().connections, 4);
    until(|| db.stats().connections == 2).await;
}

#[tokio::test]
async fn a_connection_past_its_lifetime_is_replaced() {
    let database = dbtest::empty().await;
    let limits = Settings { max_connections: 1, max_lifetime: Duration::from_millis(300), ..settings() };
    let db = database.db_with(limits);
    let backend = async || {
        let pid: (i32,) = db.fetch_one(sqlx::query_as("SELECT pg_backend_pid()")).await.unwrap();
        pid.0
    };
    let start = Instant::now();
    let first = backend().await;
    while backend().await == first {
        assert!(start.elapsed() < Duration::from_secs(10), "the first connection is still in use");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_session_that_the_server_ends_costs_at_most_the_request_on_it() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { max_connections: 1, ..settings() });
    db.ping().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.db().execute(sqlx::query(end)).await.unwrap();
    let _ = db.ping().await;
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_pool_opens_before_its_server_is_there() {
    let db = Db::open("postgres://nobody@127.0.0.1:1/nowhere", settings()).unwrap();
    assert!(matches!(db.ping().await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_without_repeating_the_password() {
    let error = Db::open("mysql://root:hunter2@localhost/x?a=b", settings()).err().unwrap();
    assert!(!error.to_string().contains("hunter2"));
    let none = Settings { max_connections: 0, ..settings() };
    assert!(matches!(Db::open("postgres://localhost/x", none), Err(SettingsError::Limit(_))));
    let crossed = Settings { min_connections: 5, ..settings() };
    assert!(matches!(Db::open("postgres://localhost/x", crossed), Err(SettingsError::Limit(_))));
}
