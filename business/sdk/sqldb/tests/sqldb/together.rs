//! Work that belongs together, in whatever transaction it happens.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqldb::{Db, Error};

use crate::{count, insert, with_notes};

#[tokio::test]
async fn work_that_belongs_together_is_kept_together_in_a_transaction_of_its_own_or_another_s() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let two = async |db: &Db, first: i64| {
        db.atomic(async |tx| {
            insert(&tx.db(), first).await?;
            insert(&tx.db(), first + 1).await
        })
        .await
    };
    two(&db, 1).await.unwrap();
    assert!(matches!(two(&db, 0).await, Err(Error::Duplicate { .. })));
    assert_eq!(count(&db).await, 2);
    db.transact(async |tx| {
        two(&tx.db(), 3).await?;
        two(&tx.db(), 5).await
    })
    .await
    .unwrap();
    assert_eq!(count(&db).await, 6);
}

#[tokio::test]
async fn work_that_failed_in_a_transaction_takes_it_along_though_every_statement_went_well() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let outcome = db
        .transact(async |tx| {
            let bound = tx.db();
            let half = bound.atomic(async |tx| {
                insert(&tx.db(), 1).await?;
                Err::<(), Error>(Error::NotFound)
            });
            assert!(matches!(half.await, Err(Error::NotFound)));
            // Ignored on purpose: the first half of the work would be kept.
            insert(&tx.db(), 2).await
        })
        .await;
    assert!(matches!(outcome, Err(Error::Other { .. })), "{outcome:?}");
    assert_eq!(count(&db).await, 0);
    assert_eq!(db.stats().closed_unclean, 0, "rolled back in good order");
}

#[tokio::test]
async fn work_that_was_dropped_midway_in_a_transaction_takes_it_along() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let outcome = db
        .transact(async |tx| {
            let bound = tx.db();
            let half = bound.atomic(async |tx| {
                insert(&tx.db(), 1).await?;
                std::future::pending::<Result<(), Error>>().await
            });
            assert!(tokio::time::timeout(Duration::from_millis(300), half).await.is_err());
            Ok::<(), Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Other { .. })), "{outcome:?}");
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn who_wants_to_go_on_after_work_that_failed_puts_a_nested_unit_around_it() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let fail = async |db: &Db, id: i64| {
        db.atomic(async |tx| {
            insert(&tx.db(), id).await?;
            Err::<(), Error>(Error::NotFound)
        })
        .await
    };
    db.transact(async |tx| {
        insert(&tx.db(), 1).await?;
        let outer = tx.db();
        let nested = outer.transact(async |inner| fail(&inner.db(), 2).await).await;
        assert!(matches!(nested, Err(Error::NotFound)));
        insert(&tx.db(), 3).await
    })
    .await
    .unwrap();
    assert_eq!(count(&db).await, 2);

    // Going back to a savepoint does not make up for what was left half done before it.
    let outcome = db
        .transact(async |tx| {
            let outer = tx.db();
            let _ = fail(&outer, 4).await;
            let _ = outer.transact(async |inner| fail(&inner.db(), 5).await).await;
            Ok::<(), Error>(())
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn a_lost_race_is_tried_again_by_whoever_began_the_transaction() {
    let database = dbtest::empty().await;
    let db = database.db();
    let (outer_runs, inner_runs) = (AtomicU32::new(0), AtomicU32::new(0));
    db.transact(async |tx| {
        outer_runs.fetch_add(1, Ordering::Relaxed);
        let bound = tx.db();
        bound
            .atomic(async |tx| {
                let run = inner_runs.fetch_add(1, Ordering::Relaxed);
                if run == 0 { crate::transactions::raise(&tx.db(), "40001").await.map(|_| ()) } else { Ok(()) }
            })
            .await
    })
    .await
    .unwrap();
    assert_eq!((outer_runs.into_inner(), inner_runs.into_inner()), (2, 2));
}
