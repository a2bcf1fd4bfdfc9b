//! Servers and networks that stop answering.

use std::str::FromStr;
use std::time::Duration;

use dbtest::Database;
use dbtest::proxy::Proxy;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};
use tokio::time::timeout;

/// Far longer than any answer takes.
const SILENCE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn a_mute_proxy_holds_what_is_said_and_then_passes_it_on() {
    let database = Database::new().await;
    let proxy = Proxy::start();
    let options = PgConnectOptions::from_str(&proxy.url(database.name())).unwrap();
    let mut conn = PgConnection::connect_with(&options).await.unwrap();
    conn.execute("SELECT 1").await.unwrap();

    proxy.mute();
    let mut pending = Box::pin(conn.execute("SELECT 2"));
    assert!(timeout(SILENCE, &mut pending).await.is_err(), "nothing comes through");
    let connecting = PgConnection::connect_with(&options);
    assert!(timeout(SILENCE, connecting).await.is_err(), "nor does anybody new");
    proxy.unmute();
    pending.await.unwrap();

    proxy.cut();
    conn.execute("SELECT 3").await.unwrap_err();
    PgConnection::connect_with(&options).await.unwrap();
}

#[tokio::test]
async fn a_frozen_server_answers_nobody_until_it_is_thawed() {
    let server = dbtest::private_cluster().await;
    let options = PgConnectOptions::from_str(&server.url("postgres")).unwrap();
    let mut conn = PgConnection::connect_with(&options).await.unwrap();

    server.freeze();
    let mut pending = Box::pin(conn.execute("SELECT 1"));
    assert!(timeout(SILENCE, &mut pending).await.is_err());
    server.thaw();
    pending.await.unwrap();
}

#[tokio::test]
async fn a_killed_server_comes_back_with_what_it_acknowledged() {
    let mut server = dbtest::private_cluster().await;
    let url = server.migrated("shop").await;
    let mut conn = PgConnection::connect(&url).await.unwrap();
    conn.execute("CREATE TABLE kept AS SELECT 42 AS answer").await.unwrap();
    server.kill();
    conn.execute("SELECT 1").await.unwrap_err();

    server.restart().await;
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let answer: i32 = sqlx::query_scalar("SELECT answer FROM kept").fetch_one(&mut conn).await.unwrap();
    assert_eq!(answer, 42);
}
