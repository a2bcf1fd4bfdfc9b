//! Work that takes too long, and work that nobody waits for any more.

use std::time::Duration;

use sqldb::{Db, Error, Settings, within};
use tokio::time::Instant;

use crate::{opened, settings, until_quiet};

async fn sleep_on_the_server(db: &Db, seconds: f64) -> Result<u64, Error> {
    db.execute(sqlx::query("SELECT pg_sleep($1)").bind(seconds)).await
}

#[tokio::test]
async fn a_statement_past_its_deadline_ends_on_both_sides() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_millis(300), ..settings() });
    opened(&db).await;
    let start = Instant::now();
    assert!(matches!(sleep_on_the_server(&db, 60.0).await, Err(Error::DeadlineExceeded)));
    assert!(start.elapsed() < Duration::from_secs(2));
    until_quiet(&database.db(), Duration::from_secs(5)).await;
    let stats = db.stats();
    assert_eq!((stats.deadlines, stats.closed_unclean, stats.connections), (1, 1, 0));
}

#[tokio::test]
async fn a_request_has_one_deadline_for_all_of_its_statements() {
    let database = dbtest::empty().await;
    let db = database.db();
    let start = Instant::now();
    let outcome = within(start + Duration::from_millis(400), async {
        loop {
            sleep_on_the_server(&db, 0.1).await?;
        }
        #[expect(unreachable_code, reason = "names the type of the block")]
        Ok::<(), Error>(())
    })
    .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded | Error::Unavailable { .. })));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_deadline_within_a_deadline_can_only_shorten() {
    let database = dbtest::empty().await;
    let db = database.db();
    let start = Instant::now();
    let inner = within(start + Duration::from_secs(60), sleep_on_the_server(&db, 30.0));
    assert!(within(start + Duration::from_millis(200), inner).await.is_err());
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_transaction_past_its_deadline_is_rolled_back() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_millis(500), ..settings() });
    crate::with_notes(&database.db()).await;
    opened(&db).await;
    let outcome = db
        .transact(async |tx| {
            crate::insert(&tx.db(), 1).await?;
            sleep_on_the_server(&tx.db(), 30.0).await
        })
        .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)));
    until_quiet(&database.db(), Duration::from_secs(5)).await;
    assert_eq!(crate::count(&database.db()).await, 0);
}

#[tokio::test]
async fn a_caller_that_leaves_cancels_its_statement() {
    let database = dbtest::empty().await;
    let (db, watcher) = (database.db_with(settings()), database.db());
    opened(&db).await;
    let statement = tokio::time::timeout(Duration::from_millis(200), sleep_on_the_server(&db, 60.0));
    assert!(statement.await.is_err());
    until_quiet(&watcher, Duration::from_secs(5)).await;
    // What is left serves.
    db.ping().await.unwrap();
}

/// Leaves a statement that waits for a lock, and tells that its session does not go on waiting.
async fn leave_while_waiting_for_a_lock(database: &dbtest::Database, url: &str) {
    let (holder, watcher) = (database.db(), database.db());
    crate::with_notes(&holder).await;
    let db = Db::open(url, settings()).unwrap();
    db.ping().await.unwrap();
    holder
        .transact(async |tx| {
            tx.db().execute(sqlx::query("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")).await?;
            let waiting = tokio::time::timeout(Duration::from_millis(300), crate::insert(&db, 1)).await;
            assert!(waiting.is_err(), "it waits for the lock");
            let start = Instant::now();
            while waiting_for_a_lock(&watcher).await > 0 {
                assert!(start.elapsed() < Duration::from_secs(5), "its session still waits");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<(), Error>(())
        })
        .await
        .unwrap();
}

async fn waiting_for_a_lock(db: &Db) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (count,): (i64,) = db.fetch_one(sqlx::query_as(sql)).await.unwrap();
    count
}

#[tokio::test]
async fn a_statement_that_waits_for_a_lock_ends_with_its_caller() {
    let database = dbtest::empty().await;
    leave_while_waiting_for_a_lock(&database, database.url()).await;
}

#[tokio::test]
async fn a_statement_that_waits_for_a_lock_ends_with_its_caller_over_tcp() {
    let database = dbtest::empty().await;
    let proxy = dbtest::proxy::Proxy::start();
    leave_while_waiting_for_a_lock(&database, &proxy.url(database.name())).await;
}
