//! Databases that are behind, ahead, or not what they should be.

use std::time::{Duration, Instant};

use migrate::{Error, State};
use sqlx::Executor;

use crate::{add, execute, folder, read, value};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_is_pending_is_known_before_between_and_after() {
    let folder = folder(&[("one", "CREATE TABLE one (n int)")]);
    let database = dbtest::empty().await;
    let db = database.db();
    assert_eq!(read(&folder).await.pending(&db).await.unwrap(), 1, "no table of migrations yet");
    assert_eq!(read(&folder).await.status(&db).await.unwrap()[0].state, State::Pending);

    read(&folder).await.up(database.url(), PATIENCE).await.unwrap();
    assert_eq!(read(&folder).await.pending(&db).await.unwrap(), 0);

    add(folder.path(), 2, "two", "CREATE TABLE two (n int)");
    assert_eq!(read(&folder).await.pending(&db).await.unwrap(), 1);
    let status = read(&folder).await.status(&db).await.unwrap();
    assert!(matches!(status[0].state, State::Applied { .. }), "{status:?}");
    assert_eq!((status[1].file.as_str(), status[1].state), ("0002_two.sql", State::Pending));
    let report = read(&folder).await.up(database.url(), PATIENCE).await.unwrap();
    assert_eq!(report.applied.len(), 1, "only what was missing");
}

#[tokio::test]
async fn the_previous_release_runs_on_a_database_of_the_next() {
    let next = folder(&[("one", "CREATE TABLE one (n int)"), ("two", "CREATE TABLE two (n int)")]);
    let previous = folder(&[("one", "CREATE TABLE one (n int)")]);
    let database = dbtest::empty().await;
    read(&next).await.up(database.url(), PATIENCE).await.unwrap();

    let previous = read(&previous).await;
    assert_eq!(previous.pending(&database.db()).await.unwrap(), 0);
    let report = previous.up(database.url(), PATIENCE).await.unwrap();
    assert_eq!((report.applied.len(), report.unknown), (0, vec![2]));
    let status = previous.status(&database.db()).await.unwrap();
    assert!(matches!(status[1].state, State::Unknown { .. }), "{status:?}");
    assert_eq!(previous.verify(database.url()).await.unwrap().unknown, [2]);
}

#[tokio::test]
async fn a_file_that_was_changed_after_it_was_applied_is_named_and_nothing_is_done() {
    let folder = folder(&[("one", "CREATE TABLE one (n int)")]);
    let database = dbtest::empty().await;
    read(&folder).await.up(database.url(), PATIENCE).await.unwrap();
    add(folder.path(), 1, "one", "CREATE TABLE one (n bigint)");
    add(folder.path(), 2, "two", "CREATE TABLE two (n int)");

    let error = read(&folder).await.up(database.url(), PATIENCE).await.unwrap_err();
    assert!(error.to_string().starts_with("0001_one.sql was changed"), "{error}");
    let error = read(&folder).await.verify(database.url()).await.unwrap_err();
    assert!(error.to_string().starts_with("0001_one.sql was changed"), "{error}");
    let status = read(&folder).await.status(&database.db()).await.unwrap();
    assert!(matches!(status[0].state, State::Changed { .. }), "{status:?}");
    assert!(!exists(&database, "two").await);
}

#[tokio::test]
async fn a_migration_that_fails_is_undone_and_those_before_it_stay() {
    let folder = folder(&[("one", "CREATE TABLE one (n int)"), ("two", "CREATE TABLE two (n int); SELECT 1/0")]);
    let database = dbtest::empty().await;
    let error = read(&folder).await.up(database.url(), PATIENCE).await.unwrap_err();
    assert!(matches!(&error, Error::Failed { file, .. } if file == "0002_two.sql"), "{error}");
    assert!(exists(&database, "one").await);
    assert!(!exists(&database, "two").await);

    add(folder.path(), 2, "two", "CREATE TABLE two (n int)");
    assert_eq!(read(&folder).await.up(database.url(), PATIENCE).await.unwrap().applied.len(), 1);
}

#[tokio::test]
async fn a_migration_gives_up_on_a_locked_table_before_the_service_queues_up_behind_it() {
    let folder = folder(&[("one", "CREATE TABLE one (n int)")]);
    let database = dbtest::empty().await;
    read(&folder).await.up(database.url(), PATIENCE).await.unwrap();
    add(folder.path(), 2, "wider", "ALTER TABLE one ALTER n TYPE bigint");
    let mut reader = database.connect().await;
    reader.execute("BEGIN; SELECT * FROM one").await.unwrap();

    let began = Instant::now();
    let error = read(&folder).await.up(database.url(), PATIENCE).await.unwrap_err();
    assert!(matches!(&error, Error::Locked { file, .. } if file == "0002_wider.sql"), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    reader.execute("COMMIT").await.unwrap();
    assert_eq!(read(&folder).await.up(database.url(), PATIENCE).await.unwrap().applied.len(), 1);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_an_error_without_the_password() {
    let error = migrate::up("postgres://me:hunter2@127.0.0.1:1/nowhere").await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let error = migrate::up("mysql://me:hunter2@localhost").await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

async fn exists(database: &dbtest::Database, table: &str) -> bool {
    execute(database, "SELECT 1").await;
    value(database, &format!("SELECT to_regclass('public.{table}') IS NOT NULL")).await
}
