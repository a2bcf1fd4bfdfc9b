//! A database that is killed, frozen, cut off for half a minute, while people write: what clients are told, and what is left.
//!
//! `make test-outages` runs them; each takes as long as its outage.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbtest::PrivateCluster;
use reqwest::Client;
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::answer::get;
use crate::live::Socket;
use crate::process::{PATIENCE, Process, Setup, eventually};
use crate::shop::{add_film, film, new_user, token_of};

/// How long the outages last, and within what all is well after.
const OUTAGE: Duration = Duration::from_secs(30);
const RECOVERY: Duration = Duration::from_secs(5);

/// What clients saw.
#[derive(Debug, Default)]
struct Seen {
    /// Titles of the films that were acknowledged.
    acknowledged: Vec<String>,
    statuses: BTreeMap<u16, u32>,
    faults: Vec<String>,
}

/// People who write, each film under a key until it is acknowledged, and somebody who asks whether the process lives.
struct Load {
    over: Arc<AtomicBool>,
    writers: JoinSet<Seen>,
}

impl Load {
    fn start(url: &str, token: &str) -> Self {
        let (over, mut writers) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for number in 0..6 {
            writers.spawn(write(number, url.to_owned(), token.to_owned(), Arc::clone(&over)));
        }
        writers.spawn(ask_for_life(url.to_owned(), Arc::clone(&over)));
        Self { over, writers }
    }

    async fn end(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for seen in self.writers.join_all().await {
            all.acknowledged.extend(seen.acknowledged);
            all.faults.extend(seen.faults);
            for (status, count) in seen.statuses {
                *all.statuses.entry(status).or_default() += count;
            }
        }
        all
    }
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap()
}

async fn write(number: u32, url: String, token: String, over: Arc<AtomicBool>) -> Seen {
    let (client, mut seen) = (client(), Seen::default());
    for round in 0.. {
        let (title, key) = (format!("Film {number} {round}"), Uuid::now_v7().to_string());
        loop {
            if over.load(Ordering::Relaxed) {
                return seen;
            }
            let request = client.post(format!("{url}/v1/movies")).bearer_auth(&token).header("idempotency-key", &key);
            match request.json(&film(&title)).send().await {
                Err(error) => seen.faults.push(format!("{title}: no answer: {error:?}")),
                Ok(answer) => {
                    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                    *seen.statuses.entry(status).or_default() += 1;
                    let body = answer.text().await.unwrap_or_default();
                    match status {
                        201 => {
                            seen.acknowledged.push(title.clone());
                            break;
                        }
                        // The first attempt may still be at work.
                        409 => {}
                        504 if body.contains("\"/problems/deadline-exceeded\"") => {}
                        503 if headers.contains_key("retry-after") && body.contains("\"/problems/unavailable\"") => {}
                        _ => seen.faults.push(format!("{title}: {status} {headers:?} {body}")),
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}

async fn ask_for_life(url: String, over: Arc<AtomicBool>) -> Seen {
    let (client, mut seen) = (client(), Seen::default());
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match client.get(format!("{url}/livez")).send().await {
            Ok(answer) if answer.status() == 200 && begun.elapsed() < Duration::from_secs(3) => {}
            other => seen.faults.push(format!("/livez after {:?}: {other:?}", begun.elapsed())),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    seen
}

/// A process on a cluster of the test's own, the token of an editor, and the keys that it is good with.
async fn served(cluster: &PrivateCluster, setup: impl FnOnce(Setup) -> Setup, url: &str) -> (Process, String, TempDir) {
    let direct = cluster.migrated("films").await;
    let db = sqldb::Db::open(&direct, sqldb::Settings { min_connections: 0, ..sqldb::Settings::default() }).unwrap();
    let users = userbus::Business::new(db.clone());
    let editor = new_user(&users, "editor@example.com", "correct horse battery", types::Role::Editor).await;
    let keys = crate::folder::keys();
    let token = token_of(&keys, &users, &db, &editor);
    db.close();
    let url = if url.is_empty() { direct.as_str() } else { url };
    let plain = Setup::production(url, keys.path())
        .with("db.deadline", "3s")
        .with("db.acquire_timeout", "1s")
        .with("limits.enabled", "false");
    let process = setup(plain).ready().await;
    (process, token, keys)
}

/// Goes through an outage under load, and tells what came of it.
async fn through(
    name: &str,
    process: &Process,
    cluster: &mut PrivateCluster,
    token: &str,
    outage: impl AsyncFnOnce(&mut PrivateCluster),
) -> String {
    let load = Load::start(&process.url, token);
    tokio::time::sleep(Duration::from_secs(2)).await;
    outage(cluster).await;
    let over = Instant::now();
    let well = eventually(RECOVERY, async || {
        let ready = get(format!("{}/readyz", process.url)).await.status == 200;
        (ready && get(format!("{}/v1/movies", process.url)).await.status == 200).then(|| over.elapsed())
    });
    let well = well.await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let seen = load.end().await;
    assert!(well.is_some(), "not ready {RECOVERY:?} after the outage\n{}", process.stdout());
    assert_eq!(seen.faults, [""; 0], "{name}");
    let refused: u32 = [503, 504].iter().filter_map(|status| seen.statuses.get(status)).sum();
    assert!(refused > 20, "the outage was none: {:?}", seen.statuses);
    let rows = cluster.cluster().query("films", "SELECT title FROM movies").unwrap();
    let mut stored: BTreeMap<String, u32> = BTreeMap::new();
    for title in rows.into_iter().filter_map(|row| row.into_iter().next()?) {
        *stored.entry(title).or_default() += 1;
    }
    let lost: Vec<_> = seen.acknowledged.iter().filter(|title| !stored.contains_key(*title)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let twice: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "written twice under one key: {twice:?}");
    format!(
        "{name}: {} acknowledged, none lost, none twice; answers {:?}; well after {:?}",
        seen.acknowledged.len(),
        seen.statuses,
        well.unwrap()
    )
}

/// Meanwhile nobody is told that the process is ready.
async fn lasts(process_url: &str) {
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    while begun.elapsed() < OUTAGE {
        get(format!("{process_url}/readyz")).await.assert_problem(503);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as its outage: `make test-outages`"]
async fn a_database_that_is_killed_loses_no_acknowledged_write() {
    let mut cluster = dbtest::private_cluster().await;
    let (process, token, _keys) = served(&cluster, |setup| setup, "").await;
    let url = process.url.clone();
    let told = through("killed", &process, &mut cluster, &token, async |cluster| {
        cluster.kill();
        lasts(&url).await;
        cluster.restart().await;
    })
    .await;
    println!("{told}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as its outage: `make test-outages`"]
async fn a_database_that_is_frozen_loses_no_acknowledged_write() {
    let mut cluster = dbtest::private_cluster().await;
    let (process, token, _keys) = served(&cluster, |setup| setup, "").await;
    let url = process.url.clone();
    let told = through("frozen", &process, &mut cluster, &token, async |cluster| {
        cluster.freeze();
        lasts(&url).await;
        cluster.thaw();
    })
    .await;
    println!("{told}");
    process.stop().await;
}

/// The one of a moment, which no request is made in.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_stays_while_the_database_is_away_for_a_moment() {
    let cluster = dbtest::private_cluster().await;
    let (process, token, _keys) = served(&cluster, |setup| setup, "").await;
    let mut socket = Socket::open_as(&process, &token).await.on(&["movies"]).await;
    cluster.freeze();
    // Longer than it is believed that their token is good: it is asked for, in vain.
    tokio::time::sleep(Duration::from_secs(8)).await;
    cluster.thaw();
    let is_back = async || (get(format!("{}/readyz", process.url)).await.status == 200).then_some(());
    assert!(eventually(PATIENCE, is_back).await.is_some());
    add_film(&process, &token, "Alien").await;
    let event = socket.next().await;
    assert_eq!(event["fields"]["title"], "Alien", "{event}");
    process.stop().await;
}

/// A network of the test's own: the process is in it, reached by one cable, and reaches the database by another.
struct Network {
    name: String,
    subnet: String,
}

impl Network {
    /// None where the machine lets nobody make one.
    fn new() -> Option<Self> {
        let id = std::process::id();
        let network = Self { name: format!("mq{id}"), subnet: format!("10.213.{}", id % 250) };
        let Self { name, subnet } = &network;
        let made = Command::new("ip").args(["netns", "add", name]).status();
        if !made.is_ok_and(|status| status.success()) {
            return None;
        }
        for (cable, outer, inner) in [("a", 1, 2), ("b", 5, 6)] {
            let (here, there) = (format!("{name}{cable}0"), format!("{name}{cable}1"));
            ip(&["link", "add", &here, "type", "veth", "peer", "name", &there, "netns", name]);
            ip(&["addr", "add", &format!("{subnet}.{outer}/30"), "dev", &here]);
            ip(&["link", "set", &here, "up"]);
            ip(&["-n", name, "addr", "add", &format!("{subnet}.{inner}/30"), "dev", &there]);
            ip(&["-n", name, "link", "set", &there, "up"]);
        }
        ip(&["-n", name, "link", "set", "lo", "up"]);
        Some(network)
    }

    /// Pulls the cable to the database out, or puts it in: nobody is told, packets are gone.
    fn set(&self, state: &str) {
        ip(&["link", "set", &format!("{}b0", self.name), state]);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for cable in ["a", "b"] {
            let _ = Command::new("ip").args(["link", "del", &format!("{}{cable}0", self.name)]).status();
        }
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

fn ip(arguments: &[&str]) {
    assert!(Command::new("ip").args(arguments).status().unwrap().success(), "ip {arguments:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as its outage, and needs root: `make test-outages`"]
async fn a_database_that_is_cut_off_loses_no_acknowledged_write() {
    let Some(network) = Network::new() else {
        println!(
            "SKIPPED: this machine makes no network namespaces (root and iproute2 can): a partition was not tested"
        );
        return;
    };
    let mut cluster = dbtest::private_cluster().await;
    // PostgreSQL has a socket; at the end of the cable somebody listens for it.
    let listener = TcpListener::bind(format!("{}.5:0", network.subnet)).await.unwrap();
    let (port, socket) = (listener.local_addr().unwrap().port(), cluster.cluster().socket());
    let mut forwarding = JoinSet::new();
    forwarding.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut from, _)) = listener.accept().await {
            let socket = socket.clone();
            connections.spawn(async move {
                let Ok(mut to) = UnixStream::connect(socket).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    let url = format!("postgres://marquee@{}.5:{port}/films?sslmode=disable", network.subnet);
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("platform");
    let script = format!("#!/bin/sh\nexec ip netns exec {} {} \"$@\"\n", network.name, env!("CARGO_BIN_EXE_platform"));
    std::fs::write(&inside, script).unwrap();
    std::fs::set_permissions(&inside, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let at = format!("{}.2:0", network.subnet);
    let (process, token, _keys) =
        served(&cluster, |setup| setup.of(inside).with("web.api_host", &at).with("web.debug_host", &at), &url).await;
    let api = process.url.clone();
    let told = through("cut off", &process, &mut cluster, &token, async |_| {
        network.set("down");
        lasts(&api).await;
        network.set("up");
    })
    .await;
    println!("{told}");
    process.stop().await;
}
