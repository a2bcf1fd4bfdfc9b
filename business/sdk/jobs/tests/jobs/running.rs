//! Who runs what, how much at a time, and how it ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dbtest::Database;
use jobs::{Report, Runner, State};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Letter, Note, Running, Seen, enqueue, note, noting, queued, until};

#[tokio::test]
async fn of_several_runners_one_runs_each_job() {
    const JOBS: usize = 200;
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    db.transact(async |tx| {
        for n in 0..JOBS {
            jobs::enqueue(&tx, &note(&n.to_string())).await?;
        }
        Ok::<_, sqldb::Error>(())
    })
    .await
    .unwrap();
    let runners: Vec<_> = (0..4).map(|_| Running::start(noting(database.db(), &seen))).collect();
    until(async || queued(&db).await.is_empty()).await;
    let mut workers = 0;
    for running in runners {
        let done = running.stopped().await;
        assert!(done.iter().all(|report| matches!(report, Report::Done { .. })), "{done:?}");
        workers += usize::from(!done.is_empty());
    }
    assert_eq!(seen.all().len(), JOBS);
    assert_eq!(seen.all().into_iter().collect::<BTreeSet<_>>().len(), JOBS);
    assert!(workers > 1, "they share the work");
}

#[tokio::test]
async fn a_lane_runs_so_many_at_a_time_and_one_that_hangs_holds_up_no_other() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    for n in 0..10 {
        enqueue(&db, &Letter { to: n.to_string() }).await;
    }
    let (at_once, told) = (Arc::new(AtomicUsize::new(0)), at_most(&seen));
    let count = Arc::clone(&at_once);
    let runner = told(database.db()).lane("letters", 3).on(move |_: Letter| {
        count.fetch_add(1, Ordering::Relaxed);
        std::future::pending()
    });
    let running = Running::start(runner);
    until(async || at_once.load(Ordering::Relaxed) == 3).await;
    for n in 0..20 {
        enqueue(&db, &note(&n.to_string())).await;
    }
    seen.until(20).await;
    assert_eq!(at_once.load(Ordering::Relaxed), 3, "of ten letters three are on their way");
    running.dropped().await;
}

/// A runner of notes, by its database.
fn at_most(seen: &Seen<String>) -> impl Fn(sqldb::Db) -> Runner {
    move |db| noting(db, seen)
}

#[tokio::test]
async fn the_stop_lets_running_jobs_end_and_begins_no_other() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let told = seen.clone();
    enqueue(&db, &note("first")).await;
    let running = Running::start(Runner::new(database.db()).on(move |note: Note| {
        let told = told.clone();
        async move {
            told.add(format!("{} begins", note.text));
            tokio::time::sleep(Duration::from_millis(800)).await;
            told.add(format!("{} ends", note.text));
            Ok(())
        }
    }));
    seen.until(1).await;
    running.stop.cancel();
    enqueue(&db, &note("second")).await;
    let reports = running.stopped().await;
    assert!(matches!(&reports[..], [Report::Done { .. }]), "{reports:?}");
    assert_eq!(seen.all(), ["first begins", "first ends"]);
    let [left] = &queued(&db).await[..] else { panic!("the second is left") };
    assert_eq!((left.state, left.attempt), (State::Waiting, 0));
}

#[tokio::test]
async fn a_job_that_outlasts_the_grace_of_the_stop_runs_again_elsewhere_at_once() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    enqueue(&db, &note("long")).await;
    let begun = CancellationToken::new();
    let tell = begun.clone();
    let hanging = Runner::new(database.db()).grace(Duration::from_millis(200)).on(move |_: Note| {
        tell.cancel();
        std::future::pending()
    });
    let running = Running::start(hanging);
    begun.cancelled().await;
    let start = Instant::now();
    let reports = running.stopped().await;
    assert!(matches!(&reports[..], [Report::Released { .. }]), "{reports:?}");
    let next = Running::start(noting(database.db(), &seen));
    seen.until(1).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    until(async || queued(&db).await.is_empty()).await;
    let reports = next.stopped().await;
    let [Report::Done { begun, .. }] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!(begun.attempt, 1, "an attempt that was taken away does not count");
}
