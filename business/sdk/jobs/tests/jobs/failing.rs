//! What becomes of jobs that fail.

use std::time::Duration;

use dbtest::Database;
use jobs::{Failure, Filter, Job, Report, Runner, State};
use serde::{Deserialize, Serialize};
use sqldb::Error;

use crate::{Note, Running, Seen, enqueue, failing, hurry, note, noting, queued, until};

fn later() -> Failure {
    Failure::Retry("not today".to_owned())
}

#[tokio::test]
async fn a_failure_is_tried_again_after_a_pause_and_the_last_one_leaves_the_job_dead() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("x")).await;
    let running = Running::start(failing(database.db(), later()));
    for attempt in 1..=2 {
        running.reports.until(usize::try_from(attempt).unwrap()).await;
        let [job] = &queued(&db).await[..] else { panic!("it is kept") };
        assert_eq!((job.state, job.attempt, job.attempts), (State::Waiting, attempt, 3));
        assert_eq!(job.last_error.as_deref(), Some("not today"));
        let pause = job.due_at - types::now();
        assert!(pause.num_milliseconds() > 2000 * i64::from(attempt), "{pause} before the next attempt");
        hurry(&database).await;
    }
    running.reports.until(3).await;
    let [job] = &queued(&db).await[..] else { panic!("it is kept") };
    assert_eq!((job.state, job.attempt), (State::Dead, 3));
    hurry(&database).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let reports = running.stopped().await;
    let told: Vec<_> = reports
        .iter()
        .map(|report| match report {
            Report::Failed { begun, reason, .. } => ("failed", begun.attempt, reason.as_str()),
            Report::Dead { begun, reason } => ("dead", begun.attempt, reason.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [("failed", 1, "not today"), ("failed", 2, "not today"), ("dead", 3, "not today")]);
}

#[tokio::test]
async fn what_never_will_succeed_is_dead_at_once() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("x")).await;
    let running = Running::start(failing(database.db(), Failure::GiveUp("no such mailbox".to_owned())));
    running.reports.until(1).await;
    let [job] = &queued(&db).await[..] else { panic!("it is kept") };
    assert_eq!((job.state, job.attempt, job.last_error.as_deref()), (State::Dead, 1, Some("no such mailbox")));
    running.stopped().await;
}

/// A job with little time.
#[derive(Serialize, Deserialize)]
struct Hasty;

impl Job for Hasty {
    const NAME: &'static str = "test.hasty";
    const DEADLINE: Duration = Duration::from_millis(200);
}

#[tokio::test]
async fn a_panic_a_passed_deadline_and_a_payload_that_cannot_be_read_are_failures() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("early")).await;
    enqueue(&db, &note("late")).await;
    enqueue(&db, &Hasty).await;
    let malformed = "INSERT INTO jobs (job_id, name, lane, payload, attempts)
        VALUES (gen_random_uuid(), 'test.note', 'default', '{\"txt\": 1}', 3)";
    database.execute(malformed).await;
    let runner = Runner::new(database.db())
        .on(|note: Note| {
            assert!(note.text != "early", "before its future is made");
            async { panic!("while it runs") }
        })
        .on(|_: Hasty| std::future::pending());
    let running = Running::start(runner);
    running.reports.until(4).await;
    let mut errors: Vec<String> = queued(&db).await.into_iter().filter_map(|job| job.last_error).collect();
    errors.sort();
    assert_eq!(
        errors,
        [
            "not done within 200ms",
            "panicked: before its future is made",
            "panicked: while it runs",
            "the payload cannot be read: missing field `text`",
        ]
    );
    running.stopped().await;
}

#[tokio::test]
async fn a_reason_that_no_row_can_hold_is_kept_as_far_as_it_can_be_and_holds_up_nothing() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("x")).await;
    let running = Running::start(failing(database.db(), Failure::GiveUp(format!("a\0b{}", "ä".repeat(100_000)))));
    running.reports.until(1).await;
    let [job] = &queued(&db).await[..] else { panic!("it is kept") };
    assert_eq!(job.state, State::Dead);
    assert_eq!(job.last_error.as_deref(), Some(format!("ab{}", "ä".repeat(998)).as_str()));
    running.stopped().await;
}

#[tokio::test]
async fn the_words_of_a_panic_that_were_made_up_of_values_are_not_kept() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("secret")).await;
    let running = Running::start(Runner::new(database.db()).on(|note: Note| async move { panic!("{}", note.text) }));
    running.reports.until(1).await;
    assert_eq!(queued(&db).await[0].last_error.as_deref(), Some("panicked: of its own words"));
    running.stopped().await;
}

#[tokio::test]
async fn a_dead_job_is_retried_or_dropped_by_a_person() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    enqueue(&db, &note("retried")).await;
    enqueue(&db, &note("dropped")).await;
    let running = Running::start(failing(database.db(), Failure::GiveUp("refused".to_owned())));
    running.reports.until(2).await;
    running.stopped().await;
    let dead = Filter { state: Some(State::Dead), name: None };
    for job in jobs::query(&db, &dead, 10).await.unwrap() {
        match job.payload["text"].as_str() {
            Some("retried") => jobs::retry(&db, job.id).await.unwrap(),
            _ => jobs::discard(&db, job.id).await.unwrap(),
        }
        let again = jobs::discard(&db, jobs::JobId::new()).await;
        assert!(matches!(again, Err(Error::NotFound)), "there is none");
    }
    let running = Running::start(noting(database.db(), &seen));
    seen.until(1).await;
    until(async || queued(&db).await.is_empty()).await;
    running.stopped().await;
    assert_eq!(seen.all(), ["retried"]);
}

#[tokio::test]
async fn a_job_that_runs_can_be_neither_retried_nor_dropped() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("x")).await;
    let running = Running::start(Runner::new(database.db()).on(|_: Note| std::future::pending()));
    until(async || queued(&db).await[0].state == State::Running).await;
    let job_id = queued(&db).await[0].id;
    assert!(matches!(jobs::retry(&db, job_id).await, Err(Error::NotFound)));
    assert!(matches!(jobs::discard(&db, job_id).await, Err(Error::NotFound)));
    running.dropped().await;
}

/// Its runner was killed, and no release that knows the kind is left to take it.
#[tokio::test]
async fn a_job_that_its_runner_left_behind_waits_and_can_be_retried_or_dropped() {
    let database = Database::new().await;
    let db = database.db();
    enqueue(&db, &note("x")).await;
    let job_id = queued(&db).await[0].id;
    let left = "UPDATE jobs SET runner = gen_random_uuid(), attempt = 2, due_at = now() - interval '1 second'";
    database.execute(left).await;
    assert_eq!(queued(&db).await[0].state, State::Waiting);
    let figures = jobs::figures(&db).await.unwrap();
    assert_eq!((figures[0].due, figures[0].running), (1, 0), "somebody has to see that it waits");
    jobs::retry(&db, job_id).await.unwrap();
    assert_eq!(queued(&db).await[0].attempt, 0);
    database.execute(left).await;
    jobs::discard(&db, job_id).await.unwrap();
    assert!(queued(&db).await.is_empty());
}

#[tokio::test]
async fn a_retried_job_whose_key_was_taken_meanwhile_stays_dead() {
    let database = Database::new().await;
    let db = database.db();
    let ask = async || db.transact(async |tx| jobs::enqueue_once(&tx, &note("x"), "key").await).await.unwrap();
    assert!(ask().await);
    database.execute("UPDATE jobs SET dead_at = now()").await;
    let dead = queued(&db).await[0].id;
    assert!(ask().await);
    assert!(matches!(jobs::retry(&db, dead).await, Err(Error::Duplicate { .. })));
    assert_eq!(jobs::query_by_id(&db, dead).await.unwrap().state, State::Dead);
}

#[tokio::test]
async fn after_an_outage_all_dead_jobs_of_a_kind_are_retried_or_dropped_at_once() {
    let database = Database::new().await;
    let db = database.db();
    for text in ["one", "two", "three"] {
        enqueue(&db, &note(text)).await;
    }
    enqueue(&db, &Hasty).await;
    let ask = async || db.transact(async |tx| jobs::enqueue_once(&tx, &note("keyed"), "key").await).await.unwrap();
    for _ in 0..2 {
        assert!(ask().await);
        database.execute("UPDATE jobs SET dead_at = now()").await;
    }
    assert_eq!(jobs::retry_dead(&db, Some("test.unknown")).await.unwrap(), 0);
    // Of the two with one key, the newer.
    assert_eq!(jobs::retry_dead(&db, Some("test.note")).await.unwrap(), 4);
    assert_eq!(jobs::retry_dead(&db, Some("test.note")).await.unwrap(), 0);
    let waiting = Filter { state: Some(State::Waiting), name: None };
    let waiting = jobs::query(&db, &waiting, 10).await.unwrap();
    assert!(waiting.iter().all(|job| job.attempt == 0 && job.name == "test.note"), "{waiting:?}");
    assert_eq!(waiting.len(), 4);
    assert_eq!(jobs::discard_dead(&db, Some("test.hasty")).await.unwrap(), 1);
    assert_eq!(jobs::discard_dead(&db, None).await.unwrap(), 1);
    assert_eq!(queued(&db).await.len(), 4);
}
