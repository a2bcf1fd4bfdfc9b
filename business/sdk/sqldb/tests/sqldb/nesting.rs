//! Units of work within units of work, and handles that live longer than they should.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqldb::{Db, Error, Settings, within};
use tokio::sync::Barrier;
use tokio::time::Instant;

use crate::{count, insert, opened, settings, until_quiet, with_notes};

async fn sleep_on_the_server(db: &Db, seconds: f64) -> Result<u64, Error> {
    db.execute(sqlx::query("SELECT pg_sleep($1)").bind(seconds)).await
}

#[tokio::test]
async fn a_write_beside_a_nested_unit_that_fails_is_not_acknowledged_and_lost() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let (begun, written) = (Barrier::new(2), Barrier::new(2));
    let acknowledged = AtomicBool::new(false);
    let committed = db
        .transact(async |tx| {
            let outer = tx.db();
            let nested = outer.transact(async |inner| {
                insert(&inner.db(), 1).await?;
                begun.wait().await;
                written.wait().await;
                Err::<(), Error>(Error::NotFound)
            });
            let beside = async {
                begun.wait().await;
                let outcome = insert(&outer, 2).await;
                acknowledged.store(outcome.is_ok(), Ordering::Relaxed);
                written.wait().await;
            };
            let _ = tokio::join!(nested, beside);
            Ok::<(), Error>(())
        })
        .await;
    committed.unwrap();
    assert_eq!(count(&database.db()).await, 0);
    assert!(!acknowledged.into_inner(), "refused, since the nested unit takes it along");
}

#[tokio::test]
async fn two_nested_units_at_once_do_not_end_each_other() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let (first_in, second_tried) = (Barrier::new(2), Barrier::new(2));
    db.transact(async |tx| {
        let outer = tx.db();
        let first = outer.transact(async |inner| {
            insert(&inner.db(), 1).await?;
            first_in.wait().await;
            second_tried.wait().await;
            Ok::<(), Error>(())
        });
        let second = async {
            first_in.wait().await;
            let refused = outer.transact(async |inner| insert(&inner.db(), 2).await).await;
            second_tried.wait().await;
            refused
        };
        let (first, second) = tokio::join!(first, second);
        first?;
        assert!(matches!(second, Err(Error::Other { .. })), "{second:?}");
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_nested_unit_that_is_dropped_midway_is_not_half_committed() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let outcome = db
        .transact(async |tx| {
            insert(&tx.db(), 1).await?;
            let outer = tx.db();
            let nested = outer.transact(async |inner| {
                insert(&inner.db(), 2).await?;
                std::future::pending::<Result<(), Error>>().await
            });
            assert!(tokio::time::timeout(Duration::from_millis(300), nested).await.is_err());
            Ok::<(), Error>(())
        })
        .await;
    assert!(outcome.is_err(), "half of the nested unit would be kept");
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_nested_unit_answers_its_own_failure() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_millis(400), ..settings() });
    opened(&db).await;
    let outcome = db
        .transact(async |tx| {
            let outer = tx.db();
            outer.transact(async |inner| sleep_on_the_server(&inner.db(), 30.0).await).await
        })
        .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)), "{outcome:?}");
}

#[tokio::test]
async fn a_shorter_deadline_holds_within_a_transaction() {
    let database = dbtest::empty().await;
    let db = database.db();
    let start = Instant::now();
    let outcome = db
        .transact(async |tx| {
            within(Instant::now() + Duration::from_millis(300), sleep_on_the_server(&tx.db(), 8.0)).await
        })
        .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_deadline_that_passes_between_statements_commits_nothing() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_millis(500), ..settings() });
    with_notes(&database.db()).await;
    opened(&db).await;
    let outcome = db
        .transact(async |tx| {
            insert(&tx.db(), 1).await?;
            tokio::time::sleep(Duration::from_millis(700)).await;
            Ok::<(), Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)), "{outcome:?}");
    until_quiet(&database.db(), Duration::from_secs(5)).await;
    assert_eq!(count(&database.db()).await, 0, "no COMMIT was sent");
}

#[tokio::test]
async fn work_that_begins_past_its_deadline_costs_no_connection() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    db.ping().await.unwrap();
    let before = db.stats();
    let outcome = within(Instant::now(), db.ping()).await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)), "{outcome:?}");
    let after = db.stats();
    assert_eq!((after.connections, after.closed_unclean, after.acquired), (before.connections, 0, before.acquired));
}

#[tokio::test]
async fn a_handle_left_behind_does_not_keep_the_connection_of_a_transaction_that_was_dropped() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { max_connections: 1, ..settings() });
    opened(&db).await;
    let left_behind = std::sync::Mutex::new(Vec::new());
    let work = db.transact(async |tx| {
        tx.db().ping().await?;
        left_behind.lock().unwrap().push(tx.db());
        std::future::pending::<Result<(), Error>>().await
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), work).await.is_err());
    db.ping().await.unwrap();
    let left_behind = left_behind.into_inner().unwrap();
    assert!(left_behind[0].ping().await.is_err());
}

#[tokio::test]
async fn a_statement_that_nobody_polls_does_not_hold_up_the_end_of_its_transaction() {
    let database = dbtest::empty().await;
    let db = database.db_with(Settings { deadline: Duration::from_secs(1), ..settings() });
    let left_behind = std::sync::Mutex::new(None);
    let start = Instant::now();
    let outcome = db
        .transact(async |tx| {
            let handle = tx.db();
            let mut statement = Box::pin(async move { sleep_on_the_server(&handle, 20.0).await });
            // Begun, and then forgotten by whoever holds it.
            assert!(tokio::time::timeout(Duration::from_millis(100), &mut statement).await.is_err());
            *left_behind.lock().unwrap() = Some(statement);
            Ok::<(), Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::DeadlineExceeded)), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
