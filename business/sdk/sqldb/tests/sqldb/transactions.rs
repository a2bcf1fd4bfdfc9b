//! Units of work: all or nothing, whoever leaves when.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqldb::{Db, Error};
use tokio::sync::Barrier;

use crate::{count, insert, until_quiet, with_notes};

#[tokio::test]
async fn work_that_ends_well_is_kept_and_work_that_fails_is_not() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    db.transact(async |tx| insert(&tx.db(), 1).await).await.unwrap();
    let failed = db
        .transact(async |tx| {
            insert(&tx.db(), 2).await?;
            Err::<(), Error>(Error::NotFound)
        })
        .await;
    assert!(matches!(failed, Err(Error::NotFound)));
    assert_eq!(count(&db).await, 1);
    assert_eq!(db.stats().closed_unclean, 0, "an orderly rollback keeps the connection");
}

#[tokio::test]
async fn work_within_work_can_fail_alone() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    db.transact(async |tx| {
        insert(&tx.db(), 1).await?;
        let db = tx.db();
        let inner = db.transact(async |inner| {
            insert(&inner.db(), 2).await?;
            insert(&inner.db(), 1).await
        });
        assert!(matches!(inner.await, Err(Error::Duplicate { .. })));
        insert(&tx.db(), 3).await
    })
    .await
    .unwrap();
    let ids: Vec<(i64,)> = db.fetch_all(sqlx::query_as("SELECT id FROM notes ORDER BY id")).await.unwrap();
    assert_eq!(ids, [(1,), (3,)]);
}

#[tokio::test]
async fn a_swallowed_failure_is_not_committed_silently() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    let outcome = db
        .transact(async |tx| {
            insert(&tx.db(), 2).await?;
            // Ignored on purpose: the server now answers COMMIT with a rollback and no error.
            let _ = insert(&tx.db(), 1).await;
            Ok::<(), Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Other { .. })));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_midway_leaves_neither_rows_nor_a_session() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let work = db.transact(async |tx| {
        insert(&tx.db(), 1).await?;
        std::future::pending::<()>().await;
        Ok::<(), Error>(())
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), work).await.is_err());
    until_quiet(&db, Duration::from_secs(2)).await;
    assert_eq!(count(&db).await, 0);
    assert_eq!(db.stats().closed_unclean, 1);
}

#[tokio::test]
async fn a_handle_kept_beyond_the_end_can_do_nothing() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let kept = db.transact(async |tx| Ok::<_, Error>(tx.db())).await.unwrap();
    assert!(insert(&kept, 1).await.is_err());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn losing_a_race_is_tried_again() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let (together, attempts) = (Barrier::new(2), AtomicU32::new(0));
    // Write skew: each counts the rows and inserts one more; serializable lets only one of two at a time through.
    let add = async |id: i64| {
        let first = AtomicU32::new(0);
        db.transact(async |tx| {
            attempts.fetch_add(1, Ordering::Relaxed);
            let tx = tx.db();
            tx.execute(sqlx::query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")).await?;
            let seen = count(&tx).await;
            if first.fetch_add(1, Ordering::Relaxed) == 0 {
                together.wait().await;
            }
            tx.execute(sqlx::query("INSERT INTO notes (id, text) VALUES ($1, $2)").bind(id).bind(seen.to_string()))
                .await
        })
        .await
    };
    let (one, two) = tokio::join!(add(1), add(2));
    one.unwrap();
    two.unwrap();
    let seen: Vec<(String,)> = db.fetch_all(sqlx::query_as("SELECT text FROM notes ORDER BY text")).await.unwrap();
    assert_eq!(seen, [("0".to_owned(),), ("1".to_owned(),)], "one after the other");
    // The one that lost may have looked again before the commit of the other showed.
    assert!(attempts.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn work_that_always_loses_ends_as_a_conflict() {
    let database = dbtest::empty().await;
    let db = database.db();
    let attempts = AtomicU32::new(0);
    let outcome = db
        .transact(async |tx| {
            attempts.fetch_add(1, Ordering::Relaxed);
            raise(&tx.db(), "40001").await
        })
        .await;
    assert!(matches!(outcome, Err(Error::Conflict { .. })));
    assert_eq!(attempts.load(Ordering::Relaxed), 5);
}

/// Fails as the server does in this state.
pub(crate) async fn raise(db: &Db, sqlstate: &str) -> Result<u64, Error> {
    let function = "CREATE OR REPLACE FUNCTION pg_temp.raise_state(state text) RETURNS void LANGUAGE plpgsql AS \
        $$ BEGIN RAISE EXCEPTION 'asked for' USING ERRCODE = state; END $$";
    db.execute(sqlx::query(function)).await?;
    db.execute(sqlx::query("SELECT pg_temp.raise_state($1)").bind(sqlstate)).await
}
