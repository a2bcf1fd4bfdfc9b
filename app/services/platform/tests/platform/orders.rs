//! Processes that are killed while people order: each key is one order, whatever its client had to ask for again.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use types::Role;
use uuid::Uuid;

use crate::kills::{Addresses, kill_one, kills, random, show};
use crate::shop::{Shop, add_film};

/// How long an order may take, kills and all.
const LAST: Duration = Duration::from_secs(120);

/// Copies of the film that everybody wants.
const STOCK: i64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_when_each_key_is_one_order_one_sale_and_one_event() {
    let shop = Shop::new().await;
    let setup = shop.setup().with("limits.enabled", "false");
    let mut processes = vec![setup.ready().await, setup.ready().await];
    let editor = shop.editor().await;
    let film = add_film(&processes[0], &editor, "Wanted by everybody").await;
    let film = film.rsplit('/').next().unwrap().to_owned();
    shop.database.execute(format!("UPDATE movies SET stock = {STOCK}")).await;
    let addresses = Addresses::default();
    show(&addresses, &processes);
    let stop = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for number in 0..4 {
        let email = format!("customer-{number}@example.com");
        let token = shop.token(&shop.user(&email, "correct horse battery", Role::Customer).await);
        let body = json!({"items": [{"movie_id": film, "quantity": 1 + number % 2}]});
        people.spawn(buy(token, body, Arc::clone(&addresses), Arc::clone(&stop)));
    }

    let (kills, start) = (kills("ORDERS_TEST_KILLS"), Instant::now());
    for _ in 0..kills {
        tokio::time::sleep(random(10..400)).await;
        kill_one(&mut processes, &addresses, &setup).await;
    }
    let killing = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    let bought: Vec<(Uuid, u64)> = people.join_all().await.into_iter().flatten().collect();
    for process in processes {
        process.stop().await;
    }

    let ids: HashSet<Uuid> = bought.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), bought.len(), "no two keys have one order");
    let kept: HashSet<Uuid> =
        shop.rows("SELECT order_id::text FROM orders").iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(kept, ids, "and no order is there that nobody was told of");
    let events = shop.rows("SELECT entity_id::text FROM events WHERE entity = 'order' ORDER BY seq");
    assert_eq!(events.len(), ids.len(), "one event for each");
    assert_eq!(events.iter().map(|id| id.parse().unwrap()).collect::<HashSet<Uuid>>(), ids);
    let sold = shop.rows(&format!("SELECT ({STOCK} - stock)::text FROM movies"));
    let items = shop.rows("SELECT sum(quantity)::text FROM order_items");
    assert_eq!(sold, items, "what left the stock is what was sold");
    let asked_again: u64 = bought.iter().map(|(_, again)| again).sum();
    println!("{kills} kills in {killing:?}: {} orders, {asked_again} requests sent again", bought.len());
}

/// Orders one after another, each under a key of its own that is sent until the answer is definite. Gives the orders, with
/// how often each had to be asked for again.
async fn buy(token: String, body: Value, addresses: Addresses, stop: Arc<AtomicBool>) -> Vec<(Uuid, u64)> {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let mut bought = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let (key, start) = (Uuid::now_v7().to_string(), Instant::now());
        for again in 0_u64.. {
            assert!(start.elapsed() < LAST, "an order should come to an end");
            let url = {
                let addresses = addresses.lock().unwrap();
                addresses[usize::try_from(again).unwrap() % addresses.len()].clone()
            };
            let order = client.post(format!("{url}/v1/orders")).bearer_auth(&token).header("idempotency-key", &key);
            let Ok(response) = order.json(&body).send().await else { continue };
            let status = response.status().as_u16();
            let Ok(answer) = response.json::<Value>().await else { continue };
            match status {
                201 => {
                    bought.push((answer["id"].as_str().unwrap().parse().unwrap(), again));
                    break;
                }
                // In flight somewhere, turned away, or late: what became of it is unknown.
                409 | 503 | 504 => tokio::time::sleep(random(1..20)).await,
                _ => panic!("{status}: {answer}"),
            }
        }
    }
    bought
}
