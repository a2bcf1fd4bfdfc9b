//! The two faults of sqlx's own pool, and their kin: a server that freezes, a network that goes silent.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqldb::{Db, Settings};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{insert, settings, until, with_notes};

/// Writes rows of its own numbers without end, each in a transaction, and records which were acknowledged.
struct Writers {
    tasks: JoinSet<()>,
    next: Arc<AtomicI64>,
    acknowledged: Arc<Mutex<HashSet<i64>>>,
}

impl Writers {
    fn start(db: &Db, number: usize) -> Self {
        let (next, acknowledged) = (Arc::new(AtomicI64::new(1)), Arc::new(Mutex::new(HashSet::new())));
        let mut tasks = JoinSet::new();
        for _ in 0..number {
            let (db, next, acknowledged) = (db.clone(), Arc::clone(&next), Arc::clone(&acknowledged));
            tasks.spawn(async move {
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    // Half of them in transactions, half as single statements.
                    let work = async {
                        if id % 2 == 0 {
                            insert(&db, id).await
                        } else {
                            db.transact(async |tx| insert(&tx.db(), id).await).await
                        }
                    };
                    // Given up after a while, at any point: what a client that leaves does.
                    if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(150), work).await {
                        acknowledged.lock().unwrap().insert(id);
                    }
                }
            });
        }
        Self { tasks, next, acknowledged }
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until this many more writes are acknowledged.
    async fn progress(&self, more: usize, limit: Duration) {
        let (start, goal) = (Instant::now(), self.acknowledged() + more);
        while self.acknowledged() < goal {
            assert!(start.elapsed() < limit, "no progress in {limit:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The service is killed when its runtime is dropped: nothing of it is closed in an orderly way.
fn in_a_service_that_is_killed<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

#[test]
fn a_frozen_server_loses_no_acknowledged_write() {
    let watcher = tokio::runtime::Runtime::new().unwrap();
    let cluster = watcher.block_on(dbtest::private_cluster());
    let url = cluster.url("postgres");
    let limits = Settings { max_connections: 8, acquire_timeout: Duration::from_millis(500), ..settings() };
    let acknowledged = in_a_service_that_is_killed(async {
        let db = Db::open(&url, limits).unwrap();
        with_notes(&db).await;
        let mut writers = Writers::start(&db, 16);
        writers.progress(50, Duration::from_secs(20)).await;
        for _ in 0..3 {
            cluster.freeze();
            // Long enough for every writer to begin, to give up, and to begin again.
            tokio::time::sleep(Duration::from_millis(800)).await;
            cluster.thaw();
            writers.progress(50, Duration::from_secs(20)).await;
        }
        writers.tasks.shutdown().await;
        let acknowledged = writers.acknowledged.lock().unwrap().clone();
        assert!(writers.next.load(Ordering::Relaxed) > acknowledged.len() as i64, "some writes were given up");
        acknowledged
    });
    let stored: HashSet<i64> = watcher.block_on(async {
        let db = Db::open(&url, settings()).unwrap();
        let rows: Vec<(i64,)> = db.fetch_all(sqlx::query_as("SELECT id FROM notes")).await.unwrap();
        rows.into_iter().map(|(id,)| id).collect()
    });
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged writes are lost", lost.len(), acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_go_silent_in_mid_query_are_replaced_within_ten_seconds() {
    let database = dbtest::empty().await;
    let proxy = dbtest::proxy::Proxy::start();
    let limits = Settings { max_connections: 8, deadline: Duration::from_secs(3), ..settings() };
    let db = Db::open(&proxy.url(database.name()), limits).unwrap();
    let mut queries = JoinSet::new();
    for _ in 0..8 {
        let db = db.clone();
        queries.spawn(async move { db.execute(sqlx::query("SELECT pg_sleep(30)")).await });
    }
    until(|| db.stats().acquired >= 8).await;
    proxy.strand();
    let silent = Instant::now();
    while let Some(outcome) = queries.join_next().await {
        assert!(outcome.unwrap().is_err(), "its answer never came");
    }
    for _ in 0..20 {
        db.ping().await.unwrap();
    }
    assert!(silent.elapsed() < Duration::from_secs(10), "served again only after {:?}", silent.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_die_silently_while_idle_cost_one_deadline_altogether() {
    let database = dbtest::empty().await;
    let proxy = dbtest::proxy::Proxy::start();
    let limits = Settings { max_connections: 8, min_connections: 8, deadline: Duration::from_secs(2), ..settings() };
    let db = Db::open(&proxy.url(database.name()), limits).unwrap();
    until(|| db.stats().connections == 8).await;
    proxy.strand();
    let silent = Instant::now();
    // The first is sacrificed; it puts the others in doubt, and each has to prove itself before it is used.
    assert!(db.ping().await.is_err());
    while db.ping().await.is_err() {
        assert!(silent.elapsed() < Duration::from_secs(10), "still not served");
    }
    for _ in 0..20 {
        db.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_comes_back_is_used_again() {
    let database = dbtest::empty().await;
    let proxy = dbtest::proxy::Proxy::start();
    let limits =
        Settings { deadline: Duration::from_secs(1), acquire_timeout: Duration::from_millis(500), ..settings() };
    let db = Db::open(&proxy.url(database.name()), limits).unwrap();
    db.ping().await.unwrap();
    proxy.mute();
    assert!(db.ping().await.is_err());
    assert!(db.ping().await.is_err());
    proxy.unmute();
    let back = Instant::now();
    while db.ping().await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(10), "still not served");
    }
    proxy.cut();
    while db.ping().await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(10), "still not served after a cut");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_restarted_serves_the_same_pool() {
    let mut cluster = dbtest::private_cluster().await;
    let db = Db::open(&cluster.url("postgres"), settings()).unwrap();
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    cluster.kill();
    assert!(db.ping().await.is_err());
    cluster.restart().await;
    let back = Instant::now();
    while db.ping().await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(10), "still not served");
    }
    assert_eq!(crate::count(&db).await, 1);
}
