//! Transactions that see one moment, for longer than a unit of work may take.

use std::time::Duration;

use sqldb::{Error, Settings};
use tokio::time::Instant;

use crate::{opened, settings, until_quiet};

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_snapshot_sees_one_moment_and_may_rest_longer_than_a_unit_of_work() {
    let database = dbtest::empty().await;
    let (db, other) =
        (database.db_with(Settings { deadline: Duration::from_millis(300), ..settings() }), database.db());
    opened(&db).await;
    crate::with_notes(&other).await;
    crate::insert(&other, 1).await.unwrap();
    let counts = db
        .snapshot(LIMIT, async |tx| {
            let before = crate::count(&tx.db()).await;
            crate::insert(&other, 2).await?;
            // Longer than the session of a unit of work may be idle: the deadline and a second.
            tokio::time::sleep(Duration::from_millis(1600)).await;
            Ok::<_, Error>((before, crate::count(&tx.db()).await))
        })
        .await
        .unwrap();
    assert_eq!((counts, crate::count(&other).await), ((1, 1), 2));
    // The connection goes back as it came.
    assert_eq!(crate::count(&db).await, 2);
    assert_eq!((db.stats().connections, db.stats().closed_unclean), (1, 0));
    crate::insert(&db, 3).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_changes_nothing() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    crate::with_notes(&db).await;
    let outcome = db.snapshot(LIMIT, async |tx| crate::insert(&tx.db(), 1).await).await;
    // Another session would be as read-only as this one: it is no fault of the server's.
    assert!(outcome.is_err());
    assert_eq!(crate::count(&db).await, 0);
}

#[tokio::test]
async fn each_statement_of_a_snapshot_has_the_time_of_a_unit_of_work_and_all_of_them_the_limit() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_millis(400), ..settings() });
    opened(&db).await;
    let start = Instant::now();
    let long = db.snapshot(LIMIT, async |tx| tx.db().execute(sqlx::query("SELECT pg_sleep(60)")).await).await;
    assert!(matches!(long, Err(Error::DeadlineExceeded)));
    let many = db
        .snapshot(Duration::from_millis(900), async |tx| {
            for _ in 0..60 {
                tx.db().execute(sqlx::query("SELECT pg_sleep(0.2)")).await?;
            }
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(many, Err(Error::DeadlineExceeded)), "{many:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    until_quiet(&database.db(), Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_snapshot_that_is_dropped_ends_on_the_server() {
    let database = dbtest::empty().await;
    let (db, watcher) = (database.db_with(settings()), database.db());
    opened(&db).await;
    let resting = db.snapshot(LIMIT, async |tx| {
        tx.db().execute(sqlx::query("SELECT 1")).await?;
        std::future::pending::<Result<(), Error>>().await
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), resting).await.is_err());
    until_quiet(&watcher, Duration::from_secs(5)).await;
    assert_eq!(db.stats().closed_unclean, 1);
}

#[tokio::test]
async fn within_a_transaction_there_is_no_snapshot() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    let nested = db.transact(async |tx| tx.db().snapshot(LIMIT, async |_| Ok::<_, Error>(())).await).await;
    assert!(matches!(nested, Err(Error::Other { .. })), "{nested:?}");
}
