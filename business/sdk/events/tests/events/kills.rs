//! Programs that are killed at any moment, and a broker that freezes: nothing is lost, nothing is invented.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use events::nats::{self, Nats, Subscriber};
use events::{Relay, Settings};
use natstest::Broker;
use sqldb::{Db, Tx};
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{Historian, Ledger, Line, World, assert_each_row_in_order, change, line, quick};

const DATABASE: &str = "EVENTS_TEST_DATABASE";
const BROKER: &str = "EVENTS_TEST_BROKER";
const WRITES: &str = "EVENTS_TEST_WRITES";
const KILLS: &str = "EVENTS_TEST_KILLS";

/// Kills of one run, unless the environment says more.
const FEW: u32 = 30;

/// How long what is left may take once nobody is killed any more.
const LAST: Duration = Duration::from_secs(120);

/// A program that changes rows and hands events on: this test binary, run again.
struct Program {
    child: Child,
    /// It ends when this is closed: none outlives the test.
    _stdin: ChildStdin,
    /// The events of the changes that it was told are committed.
    acknowledged: Option<JoinHandle<Vec<Uuid>>>,
}

impl Program {
    fn start(url: &str, broker: &Broker, writes: bool) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::the_program", "--nocapture"])
            .env(DATABASE, url)
            .env(BROKER, broker.url())
            .env(WRITES, if writes { "yes" } else { "no" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let acknowledged = std::thread::spawn(move || {
            // The harness writes the name of the test in front. The last line may be cut off.
            let lines = stdout.lines().map_while(Result::ok);
            lines.filter_map(|line| line.split_once("committed: ")?.1.parse().ok()).collect()
        });
        Self { child, _stdin: stdin, acknowledged: Some(acknowledged) }
    }

    /// Kills it, and gives the events of the changes that it was told are committed.
    fn kill(mut self) -> Vec<Uuid> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.acknowledged.take().unwrap().join().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_committed_event_is_delivered_once_and_in_order_whoever_is_killed_when() {
    let (world, broker) = (World::new().await, Broker::started());
    let url = world.database.url();
    let kills = number(KILLS).unwrap_or(FEW);
    let start = Instant::now();
    let mut acknowledged = HashSet::new();
    let mut programs: Vec<Program> = (0..2).map(|_| Program::start(url, &broker, true)).collect();
    let mut frozen_until = None;
    for _ in 0..kills {
        tokio::time::sleep(random(50..800)).await;
        frozen_until = match frozen_until {
            None if random(0..3).is_zero() => {
                broker.freeze();
                Some(Instant::now() + random(100..3000))
            }
            Some(until) if Instant::now() > until => {
                broker.thaw();
                None
            }
            unchanged => unchanged,
        };
        let at = usize::try_from(random(0..2).as_millis()).unwrap();
        acknowledged.extend(programs.swap_remove(at).kill());
        programs.push(Program::start(url, &broker, true));
    }
    broker.thaw();
    for program in programs {
        acknowledged.extend(program.kill());
    }
    let killing = start.elapsed();

    let last = Program::start(url, &broker, false);
    let end = Instant::now() + LAST;
    let is_done = async || {
        let standings = events::standings(&world.db).await.unwrap();
        standings.len() == 3 && standings.iter().all(|standing| standing.behind + standing.waiting + standing.dead == 0)
    };
    while !is_done().await {
        assert!(Instant::now() < end, "{:?}", events::standings(&world.db).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(last);

    let committed = committed(&world).await;
    assert!(committed.len() > 100, "too little happened: {}", committed.len());
    assert_each_row_in_order(&committed);
    let rows = "SELECT thing_id, version FROM things";
    let rows: HashMap<Uuid, i64> = world.db.fetch_all(sqlx::query_as(rows)).await.unwrap().into_iter().collect();
    let lasts: HashMap<Uuid, i64> = committed.iter().map(|line| (line.entity_id, line.version)).collect();
    assert_eq!(lasts, rows, "a change has its event, and an event its change");
    let ids: HashSet<Uuid> = committed.iter().map(|line| line.event_id).collect();
    assert!(acknowledged.is_subset(&ids), "a change that was acknowledged is lost");

    for consumer in ["ledger", "historian"] {
        assert_same(consumer, &committed, &world.lines(consumer).await);
    }
    let kept = broker.kept(nats::STREAM).await;
    let kept: Vec<Line> = kept.into_iter().map(|kept| line(&serde_json::from_value(kept.payload).unwrap())).collect();
    assert_same("the stream", &committed, &kept);
    println!(
        "{kills} kills in {killing:?}, {} events of {} rows ({} acknowledged): each delivered once, in order, to two \
         consumers and the stream",
        committed.len(),
        rows.len(),
        acknowledged.len()
    );
}

/// What [`Program`] runs; on its own it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn the_program() {
    let (Some(url), Some(broker)) = (text(DATABASE), text(BROKER)) else { return };
    let db = Db::open(&url, sqldb::Settings { max_connections: 8, min_connections: 0, ..sqldb::Settings::default() })
        .unwrap();
    // As hurried as its end.
    let settings = Settings { lease: Duration::from_millis(900), ..quick() };
    let historian = Arc::new(Historian(Ledger::new()));
    let subscriber = Subscriber::connect(&broker, db.clone(), Arc::clone(&historian), settings.clone(), |_| {});
    let subscriber = subscriber.await.unwrap();
    let relay = Relay::new(db.clone(), &url, settings, |_| {})
        .consumer(Ledger::new())
        .brokered(historian)
        .carrier(Nats::connect(&broker).await.unwrap());
    let writers = async {
        if text(WRITES).as_deref() == Some("yes") {
            futures_util::future::join_all((0..3).map(|_| write(&db))).await;
        }
        std::future::pending::<()>().await;
    };
    let stdin = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    tokio::select! {
        _ = relay.run(std::future::pending()) => {}
        () = subscriber.run() => {}
        () = writers => {}
        _ = stdin => {}
    }
}

/// Changes rows that others change too, and new ones, without end.
#[expect(clippy::print_stdout, reason = "the test reads it")]
async fn write(db: &Db) {
    let known: Vec<Uuid> = (0..24).map(|number| Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)).collect();
    loop {
        let is_new = random(0..4).is_zero();
        let at = usize::try_from(random(0..24).as_millis()).unwrap();
        let id = if is_new { Uuid::now_v7() } else { known[at] };
        let pause = random(0..4);
        let changed = db.transact(async |tx: Tx| {
            let event = change(&tx, id).await?;
            tokio::time::sleep(pause).await;
            Ok::<_, sqldb::Error>(event)
        });
        if let Ok(event) = changed.await {
            println!("committed: {event}");
        }
        tokio::time::sleep(random(0..60)).await;
    }
}

/// Every event of the database, those of a row in the order in which they were written.
async fn committed(world: &World) -> Vec<Line> {
    const SQL: &str = "SELECT event_id, entity_id, version FROM events ORDER BY seq";
    world.db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

/// Whoever it is got exactly these, those of a row in order.
fn assert_same(who: &str, committed: &[Line], got: &[Line]) {
    assert_each_row_in_order(got);
    let ids = |lines: &[Line]| lines.iter().map(|line| line.event_id).collect::<HashSet<_>>();
    assert_eq!(got.len(), committed.len(), "{who}");
    assert_eq!(ids(got), ids(committed), "{who}");
}

/// So many milliseconds, at random.
fn random(range: std::ops::Range<u64>) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(range.start + random % (range.end - range.start))
}

#[expect(clippy::disallowed_methods, reason = "how this test runs is no setting of the product")]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u32> {
    text(name)?.parse().ok()
}
