//! Processes that are killed at any moment, and a broker that freezes, while people sign up and films change.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use natstest::{Broker, Kept};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::process::{Process, Setup, eventually};
use crate::shop::{Shop, film};

/// Kills of one run, unless the environment says more.
const FEW: u32 = 6;

/// How long what is left may take once nobody is killed any more.
const LAST: Duration = Duration::from_secs(120);

/// Where the processes serve that live now.
pub(crate) type Addresses = Arc<Mutex<Vec<String>>>;

/// A change that was acknowledged: which row, its version then.
type Acknowledged = (Uuid, i64);

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_when_every_committed_change_has_its_audit_and_its_event_and_every_event_is_delivered() {
    let (shop, broker) = (Shop::new().await, Broker::started());
    let token = shop.editor().await;
    let setup = shop.setup().with("events.nats_url", broker.url()).with("limits.enabled", "false");
    let mut processes = vec![setup.ready().await, setup.ready().await];
    let addresses = Addresses::default();
    show(&addresses, &processes);
    let people: JoinSet<Vec<Acknowledged>> =
        (0..4).map(|number| change(number, Arc::clone(&addresses), token.clone())).collect();

    let (kills, start) = (kills("EVENTS_TEST_KILLS"), Instant::now());
    for _ in 0..kills {
        tokio::time::sleep(random(20..700)).await;
        let freezes = random(0..3).is_zero();
        if freezes {
            broker.freeze();
            tokio::time::sleep(random(0..200)).await;
        }
        kill_one(&mut processes, &addresses, &setup).await;
        if freezes {
            broker.thaw();
        }
    }
    let killing = start.elapsed();
    addresses.lock().unwrap().clear();
    let acknowledged: Vec<Acknowledged> = people.join_all().await.into_iter().flatten().collect();

    let committed = count(&shop, "SELECT count(*)::text FROM events");
    let all = eventually(LAST, async || (broker.kept("MARQUEE_EVENTS").await.len() >= committed).then_some(())).await;
    assert!(all.is_some(), "{committed} events should be delivered");
    for process in processes {
        process.stop().await;
    }
    assert_database_agrees_with_itself(&shop);
    assert_all_delivered_in_order(&shop, &broker.kept("MARQUEE_EVENTS").await);
    let versions: HashMap<String, i64> = shop
        .rows("SELECT entity_id || ' ' || max(version) FROM events GROUP BY entity_id")
        .iter()
        .map(|row| row.split_once(' ').map(|(id, version)| (id.to_owned(), version.parse().unwrap())).unwrap())
        .collect();
    for (id, version) in &acknowledged {
        assert!(versions.get(&id.to_string()) >= Some(version), "{id} was acknowledged at version {version}");
    }
    let users = count(&shop, "SELECT count(*)::text FROM users");
    println!(
        "{kills} kills in {killing:?}: {committed} events, {} acknowledged changes, {users} users",
        acknowledged.len()
    );
}

/// Kills a process, and starts another in its place.
pub(crate) async fn kill_one(processes: &mut Vec<Process>, addresses: &Addresses, setup: &Setup) {
    let at = usize::try_from(random(0..2).as_millis()).unwrap();
    // Killed when it is dropped.
    drop(processes.swap_remove(at));
    show(addresses, processes);
    processes.push(setup.ready().await);
    show(addresses, processes);
}

pub(crate) fn show(addresses: &Addresses, processes: &[Process]) {
    *addresses.lock().unwrap() = processes.iter().map(|process| process.url.clone()).collect();
}

/// Signs people up, adds films and changes them, at whatever process lives, until there is none.
async fn change(number: u64, addresses: Addresses, token: String) -> Vec<Acknowledged> {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let (mut acknowledged, mut known) = (Vec::new(), Vec::new());
    for round in 0_u64.. {
        let Some(url) = addresses.lock().unwrap().get(usize::try_from(round % 2).unwrap_or(0)).cloned() else {
            if addresses.lock().unwrap().is_empty() {
                break;
            }
            continue;
        };
        let request = |method, path: &str| client.request(method, format!("{url}{path}")).bearer_auth(&token);
        if round % 12 == number {
            let somebody = json!({
                "name": "Somebody", "email": format!("somebody-{number}-{round}@example.com"), "password": "correct horse battery",
            });
            let _ = answer(client.post(format!("{url}/v1/users")).json(&somebody)).await;
        } else if known.is_empty() || round % 3 == 0 {
            let added =
                answer(request(Method::POST, "/v1/movies").json(&film(&format!("Film {number} {round}")))).await;
            if let Some(film) = added {
                acknowledged.push(film);
                known.push(film.0);
            }
        } else {
            let path = format!("/v1/movies/{}", known[usize::try_from(round * 7).unwrap() % known.len()]);
            let Some((_, version)) = answer(request(Method::GET, &path)).await else { continue };
            let patch = request(Method::PATCH, &path).header("if-match", format!("\"{version}\""));
            acknowledged.extend(answer(patch.json(&json!({ "stock": round }))).await);
        }
        tokio::time::sleep(random(0..20)).await;
    }
    acknowledged
}

/// The row that an answer holds, if there is one.
async fn answer(request: RequestBuilder) -> Option<Acknowledged> {
    let response = request.send().await.ok().filter(|response| response.status().is_success())?;
    let row: Value = response.json().await.ok()?;
    Some((row["id"].as_str()?.parse().ok()?, row["version"].as_i64()?))
}

/// Every version of every row has an audit and an event, and none has one that is not there.
fn assert_database_agrees_with_itself(shop: &Shop) {
    for (finding, sql) in [
        (
            "changes without one of the two",
            "SELECT concat_ws(' ', event_id, audit_id) FROM events FULL JOIN audits ON audit_id = event_id
             WHERE event_id IS NULL OR audit_id IS NULL",
        ),
        (
            "films whose versions are not those of their events",
            "SELECT movie_id::text FROM movies WHERE ARRAY(SELECT generate_series(1, version)) <> ARRAY(
                 SELECT version FROM events WHERE entity = 'movie' AND entity_id = movie_id ORDER BY seq)",
        ),
        (
            "users without the event of their sign-up",
            "SELECT user_id::text FROM users WHERE NOT EXISTS (
                 SELECT FROM events WHERE entity = 'user' AND entity_id = user_id AND version = 1)",
        ),
        (
            "events of films and users that are not there",
            "SELECT event_id::text FROM events WHERE entity IN ('movie', 'user')
             AND NOT EXISTS (SELECT FROM movies WHERE movie_id = entity_id)
             AND NOT EXISTS (SELECT FROM users WHERE user_id = entity_id)",
        ),
    ] {
        assert_eq!(shop.rows(sql), Vec::<String>::new(), "{finding}");
    }
}

/// The stream has every event once and nothing else, those of one row in the order of its changes.
fn assert_all_delivered_in_order(shop: &Shop, kept: &[Kept]) {
    let committed: HashSet<String> = shop.rows("SELECT event_id::text FROM events").into_iter().collect();
    let delivered: HashSet<String> = kept.iter().map(|kept| kept.message_id.clone()).collect();
    assert_eq!(delivered, committed);
    assert_eq!(kept.len(), committed.len(), "each is kept once");
    let mut versions = HashMap::<&str, i64>::new();
    for Kept { payload, .. } in kept {
        let (row, version) = (payload["entity_id"].as_str().unwrap(), payload["version"].as_i64().unwrap());
        let before = versions.insert(row, version).unwrap_or(0);
        assert!(before <= version, "{row}: {version} after {before}");
    }
}

fn count(shop: &Shop, sql: &str) -> usize {
    shop.rows(sql)[0].parse().unwrap()
}

/// So many milliseconds, at random.
pub(crate) fn random(range: std::ops::Range<u64>) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(range.start + random % (range.end - range.start))
}

/// Kills of one run: few, unless this variable of the environment says more.
#[expect(clippy::disallowed_methods, reason = "how this test runs is no setting of the product")]
pub(crate) fn kills(variable: &str) -> u32 {
    std::env::var(variable).ok().and_then(|kills| kills.parse().ok()).unwrap_or(FEW)
}
