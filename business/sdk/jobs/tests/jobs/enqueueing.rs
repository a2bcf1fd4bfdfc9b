//! What is enqueued is done if, and only if, its transaction is committed.

use std::time::Duration;

use changes::{Actor, Origin, Traceparent};
use chrono::TimeDelta;
use dbtest::Database;
use futures_util::future::join_all;
use jobs::{Report, Runner, State};
use sqldb::Error;

use crate::{Letter, Note, Running, Seen, enqueue, note, noting, queued, until};

#[tokio::test]
async fn a_job_is_done_once_its_transaction_is_committed_and_leaves_nothing() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let running = Running::start(noting(database.db(), &seen));
    db.transact(async |tx| {
        jobs::enqueue(&tx, &note("committed")).await?;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(seen.all(), Vec::<String>::new(), "it is not committed yet");
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(seen.until(1).await, ["committed"]);
    until(async || queued(&db).await.is_empty()).await;
    let reports = running.stopped().await;
    let [Report::Done { begun, .. }] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((begun.name, begun.attempt), ("test.note", 1));
}

#[tokio::test]
async fn a_job_of_a_transaction_that_was_rolled_back_is_never_done() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let running = Running::start(noting(database.db(), &seen));
    let refused = db.transact(async |tx| {
        jobs::enqueue(&tx, &note("rolled back")).await?;
        Err::<(), _>(Error::NotFound)
    });
    assert!(matches!(refused.await, Err(Error::NotFound)));
    enqueue(&db, &note("after it")).await;
    assert_eq!(seen.until(1).await, ["after it"]);
    running.stopped().await;
    assert_eq!(seen.all(), ["after it"]);
}

#[tokio::test]
async fn a_job_waits_for_its_time() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let running = Running::start(noting(database.db(), &seen));
    let at = types::now() + TimeDelta::seconds(5);
    db.transact(async |tx| jobs::enqueue_at(&tx, &note("later"), at).await).await.unwrap();
    enqueue(&db, &note("now")).await;
    assert_eq!(seen.until(2).await, ["now", "later"]);
    assert!(types::now() >= at);
    running.stopped().await;
}

/// In parallel, as ten clicks on two replicas are.
#[tokio::test]
async fn ten_identical_requests_queue_one_job() {
    let database = Database::new().await;
    let pools = [database.db(), database.db()];
    let ask = async |n: usize, key: &str| {
        let work = async |tx| jobs::enqueue_once(&tx, &note(key), key).await;
        pools[n % 2].transact(work).await.unwrap()
    };
    let asked = join_all((0..10).map(|n| ask(n, "ada"))).await;
    assert_eq!(asked.iter().filter(|is_new| **is_new).count(), 1, "{asked:?}");
    assert!(ask(0, "eve").await, "another key");
    let other_kind = async |tx| jobs::enqueue_once(&tx, &Letter { to: "ada".to_owned() }, "ada").await;
    assert!(pools[0].transact(other_kind).await.unwrap(), "another kind");
    assert_eq!(queued(&pools[0]).await.len(), 3);
}

#[tokio::test]
async fn a_key_is_taken_until_its_job_is_done_or_given_up() {
    let database = Database::new().await;
    let db = database.db();
    let ask = async || db.transact(async |tx| jobs::enqueue_once(&tx, &note("x"), "key").await).await.unwrap();
    assert!(ask().await);
    let (begin, seen) = (tokio_util::sync::CancellationToken::new(), Seen::nothing());
    let (waits, told) = (begin.clone(), seen.clone());
    let running = Running::start(Runner::new(database.db()).on(move |note: Note| {
        told.add(note.text);
        let waits = waits.clone();
        async move {
            waits.cancelled().await;
            Ok(())
        }
    }));
    seen.until(1).await;
    assert!(!ask().await, "it runs");
    begin.cancel();
    until(async || queued(&db).await.is_empty()).await;
    running.stopped().await;
    assert!(ask().await, "it is done");
    database.execute("UPDATE jobs SET dead_at = now()").await;
    assert!(ask().await, "it was given up");
}

#[tokio::test]
async fn a_handler_works_under_the_trace_of_whoever_enqueued_and_in_the_name_of_jobs() {
    let database = Database::new().await;
    let (db, seen, begun) = (database.db(), Seen::nothing(), Seen::nothing());
    let (told, told_begun) = (seen.clone(), begun.clone());
    let runner = Runner::new(database.db())
        .on(move |_: Note| {
            let told = told.clone();
            async move {
                told.add(changes::origin());
                Ok(())
            }
        })
        .around(move |begun, work| {
            told_begun.add(begun.traceparent);
            work
        });
    let running = Running::start(runner);
    let traceparent = Traceparent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let request = Origin { traceparent, ..Origin::new(Actor::Anonymous) };
    changes::within(request, enqueue(&db, &note("traced"))).await;
    assert_eq!(seen.until(1).await, [Origin { traceparent, ..Origin::system("jobs") }]);
    assert_eq!(begun.all(), [traceparent]);
    running.stopped().await;
}

/// While a release is rolled out, the old replicas meet jobs of the new ones.
#[tokio::test]
async fn a_job_that_this_release_does_not_know_is_left_to_one_that_does() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Newer;
    impl jobs::Job for Newer {
        const NAME: &'static str = "test.newer";
    }
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    enqueue(&db, &Newer).await;
    enqueue(&db, &note("known")).await;
    let running = Running::start(noting(database.db(), &seen));
    until(async || queued(&db).await.len() == 1).await;
    running.stopped().await;
    let [left] = &queued(&db).await[..] else { panic!("one is left") };
    assert_eq!((left.name.as_str(), left.state, left.attempt), ("test.newer", State::Waiting, 0));
}
