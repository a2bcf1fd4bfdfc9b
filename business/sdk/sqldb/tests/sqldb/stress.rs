//! Everything at once: whatever happens to the server, the network and the callers, what was acknowledged is there and
//! no unit of work is half there.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbtest::PrivateCluster;
use dbtest::proxy::Proxy;
use sqldb::{Db, Error, Settings, within};
use tokio::time::Instant;

use crate::settings;

const CHAOS: Duration = Duration::from_secs(8);

/// What the callers were told.
#[derive(Default)]
struct Told {
    done: HashSet<i64>,
    refused: HashSet<i64>,
}

/// A generator of numbers (xorshift64*), seeded anew in every run.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}

async fn put(db: &Db, unit: i64, part: i64) -> Result<u64, Error> {
    db.execute(sqlx::query("INSERT INTO parts VALUES ($1, $2)").bind(unit).bind(part)).await
}

/// A unit of work of two rows: as one statement, as two, as one and one nested; or taken back on purpose.
async fn work(db: &Db, unit: i64, kind: u64) -> Result<(), Error> {
    if kind == 0 {
        let both = "INSERT INTO parts SELECT $1, part FROM generate_series(1, 2) AS part";
        return db.execute(sqlx::query(both).bind(unit)).await.map(|_| ());
    }
    db.transact(async |tx| {
        put(&tx.db(), unit, 1).await?;
        if kind == 1 {
            // In doubt on purpose: what fails here and is swallowed must not let the rest be kept.
            let outer = tx.db();
            let _ = outer.transact(async |inner| put(&inner.db(), unit, 1).await).await;
        }
        if kind == 2 {
            tx.db().transact(async |inner| put(&inner.db(), unit, 2).await).await?;
        } else {
            put(&tx.db(), unit, 2).await?;
        }
        if kind == 3 { Err(Error::NotFound) } else { Ok(()) }
    })
    .await
}

async fn caller(db: Db, next: Arc<AtomicI64>, told: Arc<Mutex<Told>>, end: Instant) {
    let mut dice = Dice::new();
    while Instant::now() < end {
        let (unit, kind) = (next.fetch_add(1, Ordering::Relaxed), dice.roll(6));
        let patience = Duration::from_micros(200 + dice.roll(40_000) * dice.roll(10));
        let work = work(&db, unit, kind);
        // Some are late, some leave.
        let outcome = if dice.roll(2) == 0 {
            Ok(within(Instant::now() + patience, work).await)
        } else {
            tokio::time::timeout(patience, work).await
        };
        match outcome {
            Ok(Ok(())) => drop(told.lock().unwrap().done.insert(unit)),
            Ok(Err(Error::NotFound)) => drop(told.lock().unwrap().refused.insert(unit)),
            Ok(Err(_)) | Err(_) => tokio::time::sleep(Duration::from_millis(dice.roll(5))).await,
        }
    }
}

async fn chaos(cluster: &PrivateCluster, proxy: &Proxy, end: Instant) {
    let mut dice = Dice::new();
    while Instant::now() < end {
        let pause = Duration::from_millis(20 + dice.roll(300));
        match dice.roll(5) {
            0 => {
                cluster.freeze();
                tokio::time::sleep(pause).await;
                cluster.thaw();
            }
            1 => {
                proxy.mute();
                tokio::time::sleep(pause).await;
                proxy.unmute();
            }
            2 => proxy.strand(),
            3 => proxy.cut(),
            _ => {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'marquee'";
                // Refused when it comes too early after a thaw, which is chaos too.
                let _ = cluster.cluster().query("postgres", sql);
            }
        }
        tokio::time::sleep(Duration::from_millis(50 + dice.roll(300))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_what_was_acknowledged_is_there_and_nothing_is_half_there() {
    let cluster = dbtest::private_cluster().await;
    let direct =
        Db::open(&cluster.url("postgres"), Settings { application_name: "watcher".into(), ..settings() }).unwrap();
    let table = "CREATE TABLE parts (unit bigint, part bigint, PRIMARY KEY (unit, part))";
    direct.execute(sqlx::query(table)).await.unwrap();
    let proxy = Proxy::to(&cluster.cluster().socket());
    let limits = Settings { max_connections: 8, acquire_timeout: Duration::from_millis(300), ..settings() };
    let db = Db::open(&proxy.url("postgres"), Settings { deadline: Duration::from_secs(1), ..limits }).unwrap();

    let (next, told) = (Arc::new(AtomicI64::new(1)), Arc::new(Mutex::new(Told::default())));
    let end = Instant::now() + CHAOS;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..24 {
        callers.spawn(caller(db.clone(), Arc::clone(&next), Arc::clone(&told), end));
    }
    chaos(&cluster, &proxy, end).await;
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    // The pool outlived it.
    let calm = Instant::now();
    while db.ping().await.is_err() {
        assert!(calm.elapsed() < Duration::from_secs(10), "still not served");
    }
    db.close();
    crate::until_quiet(&direct, Duration::from_secs(10)).await;

    let rows: Vec<(i64, i64)> = direct.fetch_all(sqlx::query_as("SELECT unit, part FROM parts")).await.unwrap();
    let mut parts: HashMap<i64, i64> = HashMap::new();
    for (unit, _) in rows {
        *parts.entry(unit).or_default() += 1;
    }
    let told = told.lock().unwrap();
    let half: Vec<_> = parts.iter().filter(|(_, parts)| **parts != 2).collect();
    assert!(half.is_empty(), "half there: {half:?}");
    let lost: Vec<_> = told.done.iter().filter(|unit| !parts.contains_key(unit)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged units are lost: {lost:?}", lost.len(), told.done.len());
    let kept: Vec<_> = told.refused.iter().filter(|unit| parts.contains_key(unit)).collect();
    assert!(kept.is_empty(), "taken back and yet there: {kept:?}");
    assert!(told.done.len() > 100 && told.refused.len() > 10, "the chaos left nothing to check");
}
