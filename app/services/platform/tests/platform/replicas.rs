//! Two processes on one database, with the same keys.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use types::Role;

use crate::answer::{Answer, get, post, request, send};
use crate::process::{Process, eventually};
use crate::shop::{Shop, add_film, film};

async fn pair(shop: &Shop) -> [Process; 2] {
    let setup = shop.setup();
    let (one, two) = tokio::join!(setup.ready(), setup.ready());
    [one, two]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyed_request_has_one_effect_wherever_it_arrives() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let replicas = pair(&shop).await;
    let keyed = |replica: &Process| {
        let create = request(Method::POST, format!("{}/v1/movies", replica.url));
        send(create.bearer_auth(&token).header("idempotency-key", "\"7b0c\"").json(&film("Alien")))
    };
    let at_once: JoinSet<Answer> = (0..10).map(|number| keyed(&replicas[number % 2])).collect();
    let is_replay = |answer: &Answer| answer.header("idempotent-replayed") == Some("true");
    let mut created = Vec::new();
    for answer in at_once.join_all().await {
        match answer.status {
            201 => created.push(answer),
            _ => _ = answer.assert_problem(409),
        }
    }
    assert_eq!(created.iter().filter(|answer| !is_replay(answer)).count(), 1, "{created:?}");
    for replica in &replicas {
        let again = keyed(replica).await;
        assert_eq!((again.status, is_replay(&again)), (201, true));
        assert_eq!(again.body, created[0].body);
        assert_eq!(again.headers["location"], created[0].headers["location"]);
    }
    assert_eq!(shop.rows("SELECT count(*)::text FROM movies"), ["1"]);

    let other = request(Method::POST, format!("{}/v1/movies", replicas[1].url));
    let other = other.bearer_auth(&token).header("idempotency-key", "\"7b0c\"").json(&film("Aliens"));
    send(other).await.assert_problem(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_that_are_based_on_one_version_one_wins() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let replicas = pair(&shop).await;
    let path = add_film(&replicas[0], &token, "Alien").await;
    for version in 1..=3 {
        let change = |number: usize| {
            let change = request(Method::PATCH, format!("{}{path}", replicas[number % 2].url)).bearer_auth(&token);
            let change = change.header("if-match", format!("\"{version}\""));
            send(change.json(&json!({ "stock": 1000 * version + number })))
        };
        let changes: JoinSet<Answer> = (0..20).map(change).collect();
        let mut winners = Vec::new();
        for answer in changes.join_all().await {
            match answer.status {
                200 => winners.push(answer.json()),
                _ => _ = answer.assert_problem(412),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        for replica in &replicas {
            assert_eq!(get(format!("{}{path}", replica.url)).await.json(), winners[0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_begun_at_one_is_read_on_at_the_other() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let replicas = pair(&shop).await;
    for number in 0..9 {
        add_film(&replicas[number % 2], &token, &format!("Part {number}")).await;
    }
    let mut titles = Vec::new();
    let mut cursor = String::new();
    for turn in 0.. {
        let url = format!("{}/v1/movies?sort=-title&limit=2{cursor}", replicas[turn % 2].url);
        let page = get(url).await.json();
        titles.extend(page["items"].as_array().unwrap().iter().map(|film| film["title"].to_string()));
        match &page["next"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    let expected: Vec<String> = (0..9).rev().map(|number| format!("\"Part {number}\"")).collect();
    assert_eq!(titles, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_at_both_and_a_user_who_is_disabled_is_soon_out_of_both() {
    let shop = Shop::new().await;
    let replicas = pair(&shop).await;
    let editor = shop.user("editor@example.com", "correct horse battery", Role::Editor).await;
    let token = shop.token(&editor);
    // Signed by a key that the replicas have not seen yet.
    let keys = keystore::KeyStore::open(shop.keys.path()).unwrap();
    keys.rotate(keystore::Algorithm::EdDsa).unwrap();
    let newer = shop.token(&editor);
    let issued: BTreeSet<&str> = [token.as_str(), newer.as_str()].into_iter().collect();
    assert_eq!(issued.len(), 2);
    let statuses = async |number: usize, token: &str| {
        let mut statuses = Vec::new();
        for replica in &replicas {
            let title = format!("{number} {} {}", replica.url, token.len());
            statuses.push(post(format!("{}/v1/movies", replica.url), token, &film(&title)).await.status);
        }
        statuses
    };
    assert_eq!(statuses(0, &token).await, [201, 201]);
    let taken = eventually(Duration::from_secs(5), async || {
        (statuses(1, &newer).await.iter().all(|status| *status != 401)).then_some(())
    });
    assert!(taken.await.is_some(), "a new key is soon known to both");

    let editor = shop.users.query_by_id(types::Scope::Any, editor.id).await.unwrap();
    shop.users.disable(&editor).await.unwrap();
    let out = eventually(Duration::from_secs(10), async || {
        (statuses(2, &token).await == [401, 401] && statuses(3, &newer).await == [401, 401]).then_some(())
    });
    assert!(out.await.is_some(), "within 10 s everywhere");
}
