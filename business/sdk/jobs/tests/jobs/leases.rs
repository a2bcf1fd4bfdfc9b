//! Runners that die, and runners that cannot be reached.

use std::time::Duration;

use dbtest::Database;
use dbtest::proxy::Proxy;
use jobs::{LEASE, Report, Runner, State};
use sqldb::{Db, Settings};
use tokio::time::Instant;

use crate::program::Program;
use crate::{Note, Running, Seen, enqueue, note, noting, queued, until};

#[tokio::test]
async fn the_jobs_of_a_killed_process_run_again_within_the_lease() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    for n in 0..3 {
        enqueue(&db, &note(&n.to_string())).await;
    }
    let mut program = Program::start(database.url());
    program.until_begun(3);
    // Alive, it keeps them, whoever else is there.
    let running = Running::start(noting(database.db(), &seen));
    tokio::time::sleep(LEASE / 3).await;
    assert_eq!(seen.all(), Vec::<String>::new());
    program.kill();
    let start = Instant::now();
    seen.until(3).await;
    assert!(start.elapsed() < LEASE + Duration::from_secs(2), "{:?}", start.elapsed());
    until(async || queued(&db).await.is_empty()).await;
    for report in running.stopped().await {
        let Report::Done { begun, .. } = report else { panic!("{report:?}") };
        assert_eq!(begun.attempt, 2);
    }
}

#[tokio::test]
async fn a_job_outlasts_many_leases_as_long_as_its_runner_lives() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    enqueue(&db, &note("long")).await;
    let told = seen.clone();
    let running = Running::start(Runner::new(database.db()).on(move |note: Note| {
        let told = told.clone();
        async move {
            tokio::time::sleep(LEASE + LEASE / 5).await;
            told.add(note.text);
            Ok(())
        }
    }));
    until(async || queued(&db).await[0].state == State::Running).await;
    let other = Seen::nothing();
    let idle = Running::start(noting(database.db(), &other));
    seen.until(1).await;
    until(async || queued(&db).await.is_empty()).await;
    running.stopped().await;
    idle.stopped().await;
    assert_eq!(other.all(), Vec::<String>::new());
}

/// The network between a runner and its database goes silent; another replica's does not.
#[tokio::test]
async fn a_runner_that_cannot_reach_the_database_ends_its_jobs_before_another_begins_them() {
    /// Says when it ends, however that is.
    struct OnEnd(Seen<(&'static str, Instant)>);
    impl Drop for OnEnd {
        fn drop(&mut self) {
            self.0.add(("ended", Instant::now()));
        }
    }

    let database = Database::new().await;
    let (db, proxy, seen) = (database.db(), Proxy::start(), Seen::nothing());
    enqueue(&db, &note("x")).await;
    let settings = Settings { min_connections: 0, deadline: Duration::from_secs(2), ..Settings::default() };
    let cut_off = Db::open(&proxy.url(database.name()), settings).unwrap();
    let told = seen.clone();
    let first = Running::start(Runner::new(cut_off).on(move |_: Note| {
        told.add(("begun", Instant::now()));
        let end = OnEnd(told.clone());
        async move {
            let _end = end;
            std::future::pending().await
        }
    }));
    seen.until(1).await;
    proxy.mute();
    let told = seen.clone();
    let second = Running::start(Runner::new(database.db()).on(move |_: Note| {
        told.add(("begun elsewhere", Instant::now()));
        std::future::ready(Ok(()))
    }));
    let events: Vec<_> = seen.until(3).await.into_iter().map(|(what, _)| what).collect();
    assert_eq!(events, ["begun", "ended", "begun elsewhere"]);
    until(async || queued(&db).await.is_empty()).await;
    proxy.unmute();
    second.stopped().await;
    let reports = first.stopped().await;
    assert!(reports.iter().any(|report| matches!(report, Report::Lost { .. })), "{reports:?}");
    assert!(!reports.iter().any(|report| matches!(report, Report::Done { .. })), "{reports:?}");
}

/// Otherwise a job that brings its process down would do so for ever.
#[tokio::test]
async fn a_job_whose_every_process_dies_is_given_up_after_its_last_attempt() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("deadly")).await;
    let dead = "UPDATE jobs SET attempt = attempts, runner = gen_random_uuid(), due_at = now()";
    database.execute(dead).await;
    let seen = Seen::nothing();
    let running = Running::start(noting(database.db(), &seen));
    running.reports.until(1).await;
    running.stopped().await;
    let [job] = &queued(&db).await[..] else { panic!("it is kept") };
    assert_eq!(job.state, State::Dead);
    assert_eq!(job.last_error.as_deref(), Some("the process that ran the last attempt is gone"));
    assert_eq!(seen.all(), Vec::<String>::new());
}
