//! Periodic jobs: one run for each due moment, whatever the number of replicas.

use std::time::Duration;

use chrono::TimeDelta;
use dbtest::Database;
use jobs::{Runner, Schedule};
use sqldb::Db;
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use crate::{Running, Seen, queued, until};

/// A minute that does not come while a test runs.
fn far() -> String {
    (types::now() + TimeDelta::hours(12)).format("%-M %-H * * *").to_string()
}

/// A runner with one periodic job, which notes its runs.
fn periodic(db: Db, pattern: &str, seen: &Seen<&'static str>) -> Runner {
    let seen = seen.clone();
    Runner::new(db).cron("test.periodic", Schedule::parse(pattern).unwrap(), move || {
        seen.add("run");
        std::future::ready(Ok(()))
    })
}

async fn next_at(db: &Db) -> Option<Timestamp> {
    let sql = "SELECT next_at FROM job_schedules WHERE name = 'test.periodic'";
    db.fetch_optional(sqlx::query_as::<_, (Timestamp,)>(sql)).await.unwrap().map(|(next,)| next)
}

/// Makes the job due.
async fn fall_due(database: &Database) {
    database.execute("UPDATE job_schedules SET next_at = now() WHERE name = 'test.periodic'").await;
}

#[tokio::test]
async fn of_several_replicas_one_runs_it_at_each_due_moment() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let replicas: Vec<_> = (0..3).map(|_| Running::start(periodic(database.db(), &far(), &seen))).collect();
    until(async || next_at(&db).await.is_some()).await;
    for round in 1..=3 {
        fall_due(&database).await;
        seen.until(round).await;
        until(async || queued(&db).await.is_empty()).await;
        // Longer than any replica takes to look.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(seen.all().len(), round);
        assert!(next_at(&db).await.unwrap() > types::now(), "the next moment is still to come");
    }
    for replica in replicas {
        replica.stopped().await;
    }
}

#[tokio::test]
async fn what_fell_due_while_nobody_ran_is_made_up_for_by_one_run() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    database
        .execute("INSERT INTO job_schedules VALUES ('test.periodic', '* * * * *', now() - interval '3 days')")
        .await;
    let running = Running::start(periodic(database.db(), "* * * * *", &seen));
    seen.until(1).await;
    let next = next_at(&db).await.unwrap();
    assert!(next > types::now() - TimeDelta::seconds(60), "{next}");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // A minute may begin meanwhile.
    assert!(seen.all().len() <= 2, "{:?}", seen.all());
    running.stopped().await;
}

#[tokio::test]
async fn a_run_that_takes_longer_than_the_period_has_no_other_beside_it() {
    let database = Database::new().await;
    let (db, seen, end) = (database.db(), Seen::nothing(), CancellationToken::new());
    let (told, waits) = (seen.clone(), end.clone());
    let runner = Runner::new(database.db()).cron("test.periodic", Schedule::parse(&far()).unwrap(), move || {
        told.add("begins");
        let waits = waits.clone();
        async move {
            waits.cancelled().await;
            Ok(())
        }
    });
    let running = Running::start(runner);
    until(async || next_at(&db).await.is_some()).await;
    fall_due(&database).await;
    seen.until(1).await;
    fall_due(&database).await;
    until(async || next_at(&db).await.unwrap() > types::now()).await;
    assert_eq!(queued(&db).await.len(), 1);
    end.cancel();
    until(async || queued(&db).await.is_empty()).await;
    fall_due(&database).await;
    seen.until(2).await;
    running.stopped().await;
}

#[tokio::test]
async fn a_pattern_that_a_release_changed_counts_from_its_start_on() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let running = Running::start(periodic(database.db(), "0 0 1 1 *", &seen));
    until(async || next_at(&db).await.is_some()).await;
    let yearly = next_at(&db).await.unwrap();
    running.stopped().await;
    let running = Running::start(periodic(database.db(), "* * * * *", &seen));
    until(async || next_at(&db).await.unwrap() < yearly).await;
    running.stopped().await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_no_job_from_its_next_moment() {
    let database = Database::new().await;
    let (db, seen) = (database.db(), Seen::nothing());
    let running = Running::start(periodic(database.db(), "* * * * *", &seen));
    until(async || next_at(&db).await.is_some()).await;
    // As it stands when the clock was a year ahead at the last look.
    database.execute("UPDATE job_schedules SET next_at = next_at + interval '1 year'").await;
    let soon = types::now() + chrono::TimeDelta::minutes(3);
    until(async || next_at(&db).await.unwrap() < soon).await;
    assert!(seen.all().len() <= 1, "it is no run of its own: {:?}", seen.all());
    running.stopped().await;
}
