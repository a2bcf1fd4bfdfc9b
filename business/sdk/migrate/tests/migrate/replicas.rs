//! Several processes that migrate one database, some of which die.

use std::process::Stdio;
use std::time::{Duration, Instant};

use migrate::{Error, Migrations};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use crate::{folder, read, value};

const FOLDER: &str = "MIGRATE_TEST_FOLDER";
const URL: &str = "MIGRATE_TEST_URL";
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn eight_replicas_starting_at_once_apply_each_migration_once() {
    // Neither could be applied twice, and the first takes long enough for all to meet.
    let folder = folder(&[
        ("counter", "CREATE TABLE counter (n int); INSERT INTO counter VALUES (0); SELECT pg_sleep(0.3)"),
        ("count", "UPDATE counter SET n = n + 1"),
    ]);
    let database = dbtest::empty().await;
    let replicas: Vec<Child> = (0..8).map(|_| replica(folder.path(), database.url())).collect();
    let mut applied = 0;
    for mut replica in replicas {
        assert!(replica.wait().await.unwrap().success());
        let mut said = String::new();
        replica.stdout.take().unwrap().read_to_string(&mut said).await.unwrap();
        applied += said.matches("applied 000").count();
    }
    assert_eq!(applied, 2, "each by one of them");
    assert_eq!(value::<i32>(&database, "SELECT n FROM counter").await, 1);
    assert_eq!(read(&folder).await.pending(&database.db()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_migrator_killed_in_the_middle_leaves_nothing_stuck() {
    let folder = folder(&[("slow", "CREATE TABLE half (n int); SELECT pg_sleep(600)")]);
    let database = dbtest::empty().await;
    let mut replica = replica(folder.path(), database.url());
    while value::<i64>(
        &database,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    )
    .await
        == 0
    {
        assert!(replica.try_wait().unwrap().is_none(), "it ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    replica.kill().await.unwrap();

    // The next release has mended the migration that took so long.
    crate::add(folder.path(), 1, "slow", "CREATE TABLE half (n int)");
    let began = Instant::now();
    let report = read(&folder).await.up(database.url(), PATIENCE).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(10), "the dead held its lock for {:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_stops_answering_does_not_hold_a_migrator_for_ever() {
    let cluster = dbtest::private_cluster().await;
    let url = cluster.url("postgres");
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(0x006d_6967_7261_7465_i64).execute(&mut other).await.unwrap();
    let migrations = Migrations::embedded();
    let waiting = migrations.up(&url, Duration::from_secs(60));
    let stall = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        cluster.freeze();
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(waiting, stall).0 }).await;
    cluster.thaw();
    assert!(matches!(ended.unwrap(), Err(Error::Connect { .. })));
}

#[tokio::test]
async fn waiting_for_another_process_has_an_end() {
    let slow = folder(&[("slow", "SELECT pg_sleep(600)")]);
    let database = dbtest::empty().await;
    let mut replica = replica(slow.path(), database.url());
    while value::<i64>(&database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").await == 0 {
        assert!(replica.try_wait().unwrap().is_none(), "it ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let limit = Duration::from_millis(200);
    let error = read(&slow).await.up(database.url(), limit).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    replica.kill().await.unwrap();
}

/// Another process that migrates: this test binary, run again.
fn replica(folder: &std::path::Path, url: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "replicas::another_replica", "--nocapture"])
        .env(FOLDER, folder)
        .env(URL, url)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the harness leaves no other way to tell its child what to do")]
async fn another_replica() {
    let (Some(folder), Ok(url)) = (std::env::var_os(FOLDER), std::env::var(URL)) else {
        return; // run as a test, it has nothing to do
    };
    let migrations = Migrations::read(folder.as_ref()).await.unwrap();
    for applied in migrations.up(&url, PATIENCE).await.unwrap().applied {
        println!("applied {}", applied.file);
    }
}
