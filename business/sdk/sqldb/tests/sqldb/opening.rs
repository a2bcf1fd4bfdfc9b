//! Connections that take long to open: a server under load, a slow handshake.

use std::time::Duration;

use dbtest::PrivateCluster;
use sqldb::{Db, Settings};
use tokio::time::Instant;

use crate::{settings, until};

/// Makes the server take its time with every new connection, from now on.
async fn slow_to_let_in(cluster: &PrivateCluster, seconds: u32) {
    let sql = format!("ALTER SYSTEM SET pre_auth_delay = {seconds}");
    cluster.cluster().query("postgres", &sql).unwrap();
    cluster.cluster().query("postgres", "SELECT pg_reload_conf()").unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_slower_than_the_patience_of_each_waiter_is_reached_after_all() {
    let cluster = dbtest::private_cluster().await;
    slow_to_let_in(&cluster, 1).await;
    let limits = Settings { max_connections: 3, acquire_timeout: Duration::from_millis(200), ..settings() };
    let db = Db::open(&cluster.url("postgres"), limits).unwrap();
    let start = Instant::now();
    while futures_of(&db, 8).await == 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "every connection was given up before it was open");
    }
    // As many as came, and no more: those who left did not leave a connection each.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'marquee'";
    let (sessions,): (i64,) = db.fetch_one(sqlx::query_as(sql)).await.unwrap();
    assert!(sessions <= 3, "{sessions} sessions");
    assert_eq!(db.stats().connections, sessions.unsigned_abs() as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connections_that_are_open_serve_while_another_is_opened() {
    let cluster = dbtest::private_cluster().await;
    let limits =
        Settings { max_connections: 4, min_connections: 4, acquire_timeout: Duration::from_millis(500), ..settings() };
    let db = Db::open(&cluster.url("postgres"), limits).unwrap();
    until(|| db.stats().idle == 4).await;
    slow_to_let_in(&cluster, 4).await;
    // One connection is lost: a caller that leaves in the middle of a statement.
    let left = tokio::time::timeout(Duration::from_millis(100), db.execute(sqlx::query("SELECT pg_sleep(9)"))).await;
    assert!(left.is_err());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        assert_eq!(futures_of(&db, 3).await, 3, "after {:?}", start.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while db.stats().connections < 4 {
        assert!(start.elapsed() < Duration::from_secs(15), "the minimum is not kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// So many pings at once, and how many of them were answered.
async fn futures_of(db: &Db, number: usize) -> usize {
    let mut pings = tokio::task::JoinSet::new();
    for _ in 0..number {
        let db = db.clone();
        pings.spawn(async move { db.ping().await.is_ok() });
    }
    pings.join_all().await.into_iter().filter(|answered| *answered).count()
}
