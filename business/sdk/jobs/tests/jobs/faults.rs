//! Databases that freeze, networks that go silent: jobs go on once they can, and soon.

use std::time::Duration;

use dbtest::Database;
use dbtest::proxy::Proxy;
use jobs::{LEASE, Report, Runner};
use sqldb::{Db, Settings};
use tokio::time::Instant;

use crate::{Note, Running, Seen, enqueue, note, noting, queued, until};

/// A server may do what it was asked for when nobody is left to hear of it: what it gave to a runner that did not learn of
/// it comes back when the lease ends.
const SOON: Duration = LEASE.saturating_add(Duration::from_secs(5));

/// The limits of a service.
fn behind(proxy: &Proxy, database: &Database) -> Db {
    Db::open(&proxy.url(database.name()), Settings { min_connections: 1, ..Settings::default() }).unwrap()
}

async fn jobs_go_on(db: &Db, seen: &Seen<String>, limit: Duration) {
    let (start, before) = (Instant::now(), seen.all().len());
    for n in 0..5 {
        enqueue(db, &note(&n.to_string())).await;
    }
    seen.until(before + 5).await;
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}

#[tokio::test]
async fn jobs_go_on_soon_after_connections_die_silently() {
    let database = Database::new().await;
    let (db, proxy, seen) = (database.db(), Proxy::start(), Seen::nothing());
    let running = Running::start(noting(behind(&proxy, &database), &seen));
    jobs_go_on(&db, &seen, SOON).await;
    for _ in 0..3 {
        proxy.strand();
        jobs_go_on(&db, &seen, SOON).await;
    }
    running.stopped().await;
}

#[tokio::test]
async fn jobs_go_on_soon_after_connections_are_cut_and_after_a_freeze() {
    let database = Database::new().await;
    let (db, proxy, seen) = (database.db(), Proxy::start(), Seen::nothing());
    let running = Running::start(noting(behind(&proxy, &database), &seen));
    jobs_go_on(&db, &seen, SOON).await;
    for _ in 0..5 {
        proxy.cut();
        jobs_go_on(&db, &seen, SOON).await;
    }
    proxy.mute();
    tokio::time::sleep(Duration::from_secs(6)).await;
    proxy.unmute();
    jobs_go_on(&db, &seen, SOON).await;
    let reports = running.stopped().await;
    assert!(reports.iter().any(|report| matches!(report, Report::Hindered { .. })), "the freeze is told");
}

/// The handler has succeeded: the database must hear of it, or the work is done twice.
#[tokio::test]
async fn what_was_done_while_the_database_froze_is_not_done_again() {
    let database = Database::new().await;
    let (db, proxy, seen) = (database.db(), Proxy::start(), Seen::nothing());
    enqueue(&db, &note("x")).await;
    let told = seen.clone();
    let running = Running::start(Runner::new(behind(&proxy, &database)).on(move |note: Note| {
        let told = told.clone();
        async move {
            told.add(note.text);
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        }
    }));
    seen.until(1).await;
    proxy.mute();
    tokio::time::sleep(Duration::from_secs(5)).await;
    proxy.unmute();
    until(async || queued(&db).await.is_empty()).await;
    let reports = running.stopped().await;
    assert!(reports.iter().any(|report| matches!(report, Report::Done { .. })), "{reports:?}");
    assert_eq!(seen.all().len(), 1);
}

/// A service starts before its database, and before its schema.
#[tokio::test]
async fn a_runner_waits_for_a_schema_that_is_still_to_be_migrated() {
    let database = dbtest::empty().await;
    let seen = Seen::nothing();
    let quarterly = jobs::Schedule::parse("*/15 * * * *").unwrap();
    let runner = noting(database.db(), &seen).cron("test.cron", quarterly, || std::future::ready(Ok(())));
    let running = Running::start(runner);
    running.reports.until(2).await;
    migrate::up(database.url()).await.unwrap();
    enqueue(&database.db(), &note("x")).await;
    seen.until(1).await;
    running.stopped().await;
}
