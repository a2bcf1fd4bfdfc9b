//! Statements and migrations, tried out on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use migrate::Migrations;
use rehearsal::{Prepared, Refusal, Replayed, Trial};

/// Tables whose rows a constraint counts, or computes from each other; and those that refer to them.
const FULL: &[&str] = &["event_failures", "event_partitions", "events", "events_relay", "ledger_entries"];

async fn prepared(sql: &str) -> Result<Prepared, Refusal> {
    let database = dbtest::empty().await;
    let mut replayed = Replayed::new(database.url(), &Migrations::embedded()).await.unwrap();
    let prepared = replayed.prepare(sql).await.unwrap();
    replayed.leave().await.unwrap();
    prepared
}

/// The product's migrations, then these, over tables of so many rows.
async fn tried(rows: u32, new: &[(&str, &str)]) -> Vec<Trial> {
    let (database, folder) = (dbtest::empty().await, tempfile::tempdir().unwrap());
    for (file, sql) in new {
        std::fs::write(folder.path().join(file), sql).unwrap();
    }
    let new = Migrations::read(folder.path()).await.unwrap();
    rehearsal::locks(database.url(), &Migrations::embedded(), &new, rows).await.unwrap()
}

#[tokio::test]
async fn columns_are_told_with_their_types_and_whether_they_may_be_null() {
    let columns = prepared("SELECT movie_id, director, genres, 1::int8 AS one FROM movies WHERE title = $1").await;
    let columns: Vec<_> =
        columns.unwrap().columns.into_iter().map(|column| (column.name, column.kind, column.nullable)).collect();
    let expected = [
        ("movie_id", "uuid", Some(false)),
        ("director", "text", Some(true)),
        ("genres", "text[]", Some(false)),
        ("one", "int8", None),
    ];
    assert_eq!(columns, expected.map(|(name, kind, nullable)| (name.to_owned(), kind.to_owned(), nullable)));
}

#[tokio::test]
async fn a_statement_that_the_schema_does_not_bear_is_refused_with_its_place() {
    let refusal = prepared("SELECT titel FROM movies").await.unwrap_err();
    assert_eq!(refusal, Refusal { message: "column \"titel\" does not exist".to_owned(), position: Some(8) });
    assert!(prepared("SELECT title FROM films").await.is_err());
    assert!(prepared("SELECT year FROM movies WHERE year + title = 1").await.is_err());
}

#[tokio::test]
async fn a_parameter_whose_type_the_server_cannot_tell_is_tried_out() {
    prepared("SELECT 1 FROM sessions WHERE last_used_at > now() - $1").await.unwrap();
    prepared("SELECT 1 FROM throttles WHERE whole_at + $1 - $2 < clock_timestamp() + $3").await.unwrap();
}

#[tokio::test]
async fn every_table_is_filled_but_those_whose_rows_are_counted() {
    let database = dbtest::empty().await;
    let mut replayed = Replayed::new(database.url(), &Migrations::embedded()).await.unwrap();
    let tables = replayed.tables().await.unwrap();
    replayed.leave().await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let named: String = tables.iter().map(|table| format!("COMMENT ON TABLE {table} IS 'tried';\n")).collect();
    let trials = tried(50, &[("9001_all.sql", &named)]).await;
    assert_eq!(trials[0].failure, None);
    let unfilled: BTreeSet<&str> = trials[0].unfilled.iter().map(|one| one.table.as_str()).collect();
    assert_eq!(unfilled.into_iter().collect::<Vec<_>>(), FULL, "{:#?}", trials[0].unfilled);
}

#[tokio::test]
async fn a_lock_is_told_with_its_table_its_mode_and_how_long_it_was_held() {
    let slow = "ALTER TABLE users ADD COLUMN nickname text;\nSELECT pg_sleep(1);";
    let build = "CREATE INDEX movies_by_stock ON movies (stock);\nSELECT pg_sleep(1);";
    let trials = tried(10, &[("9001_slow.sql", slow), ("9002_build.sql", build)]).await;
    let told: Vec<_> = trials
        .iter()
        .map(|trial| {
            let held = &trial.held[0];
            assert!(held.time > Duration::from_millis(300), "{held:?}");
            (trial.file.as_str(), held.table.as_str(), held.mode.as_str(), held.blocks)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("9001_slow.sql", "users", "AccessExclusiveLock", "reads and writes"),
            ("9002_build.sql", "movies", "ShareLock", "writes"),
        ]
    );
}

#[tokio::test]
async fn a_migration_that_rows_make_fail_is_told() {
    let trials = tried(3, &[("9001_strict.sql", "ALTER TABLE movies ADD COLUMN studio text NOT NULL;")]).await;
    let failure = trials[0].failure.clone().unwrap();
    assert!(failure.contains("contains null values"), "{failure}");
}

#[tokio::test]
async fn a_scratch_database_is_gone_afterwards() {
    let database = dbtest::empty().await;
    let path = Path::new("nowhere");
    assert!(Migrations::read(path).await.is_err());
    let new = Migrations::embedded();
    let (none, all) = new.partition(&Migrations::embedded().files());
    let trials = rehearsal::locks(database.url(), &none, &all, 1).await.unwrap();
    assert!(trials.iter().all(|trial| trial.failure.is_none()), "{trials:#?}");
    let sql = format!(
        "SELECT count(*) FROM pg_database WHERE datname LIKE 'marquee_verify_' || (SELECT oid FROM pg_database WHERE datname = '{}') || '%'",
        database.name()
    );
    let left = tokio::task::spawn_blocking(move || dbtest::server().query("postgres", &sql).unwrap()).await.unwrap();
    assert_eq!(left, [[Some("0".to_owned())]]);
}
