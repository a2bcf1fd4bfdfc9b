//! Sessions on two processes with one database and the same keys, from sign-in to the end of the account.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, request, send};
use crate::process::{Process, eventually};
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";
const ANOTHER: &str = "another horse, another battery";

/// Whoever is signed in, with the tokens of the moment.
struct Tokens {
    access: String,
    refresh: String,
}

async fn post(replica: &Process, path: &str, token: Option<&str>, body: &Value) -> Answer {
    let request = request(Method::POST, format!("{}{path}", replica.url)).json(body);
    send(if let Some(token) = token { request.bearer_auth(token) } else { request }).await
}

async fn login(replica: &Process, password: &str) -> Answer {
    post(replica, "/v1/auth/login", None, &json!({"email": "ada@example.com", "password": password})).await
}

async fn refresh(replica: &Process, token: &str) -> Answer {
    post(replica, "/v1/auth/refresh", None, &json!({"refresh_token": token})).await
}

fn tokens(answer: &Answer) -> Tokens {
    assert_eq!(answer.status, 201, "{answer:?}");
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

async fn me(replica: &Process, token: &str) -> Answer {
    send(request(Method::GET, format!("{}/v1/users/me", replica.url)).bearer_auth(token)).await
}

/// Demands that every replica refuses the access token within 10 s, and the refresh token now.
async fn ended(replicas: &[Process], tokens: &Tokens) {
    for replica in replicas {
        refresh(replica, &tokens.refresh).await.assert_problem(401);
    }
    let out = eventually(Duration::from_secs(10), async || {
        for replica in replicas {
            if me(replica, &tokens.access).await.status != 401 {
                return None;
            }
        }
        Some(())
    });
    assert!(out.await.is_some(), "within 10 s everywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_live_on_every_replica_and_end_on_every_replica() {
    let shop = Shop::new().await;
    let ada = shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    let setup = shop.setup();
    let (one, two) = tokio::join!(setup.ready(), setup.ready());
    let replicas = [one, two];

    let here = tokens(&login(&replicas[0], PASSWORD).await);
    let here = tokens(&refresh(&replicas[1], &here.refresh).await);
    let elsewhere = tokens(&login(&replicas[1], PASSWORD).await);
    let stolen = tokens(&login(&replicas[0], PASSWORD).await);
    let kept = tokens(&refresh(&replicas[0], &stolen.refresh).await);
    for replica in &replicas {
        for token in [&here.access, &elsewhere.access, &kept.access] {
            assert_eq!(me(replica, token).await.json()["id"], ada.id.to_string());
        }
    }

    // A spent token comes again, at the other replica.
    refresh(&replicas[1], &stolen.refresh).await.assert_problem(401);
    ended(&replicas, &kept).await;

    // The password is changed here.
    let change = json!({"current_password": PASSWORD, "password": ANOTHER});
    let changed = post(&replicas[0], &format!("/v1/users/{}/password", ada.id), Some(&here.access), &change).await;
    assert_eq!(changed.status, 204, "{changed:?}");
    login(&replicas[1], PASSWORD).await.assert_problem(401);
    ended(&replicas, &elsewhere).await;
    let here = tokens(&refresh(&replicas[1], &here.refresh).await);
    assert_eq!(me(&replicas[0], &here.access).await.status, 200);

    // Signed out there.
    let there = tokens(&login(&replicas[1], ANOTHER).await);
    assert_eq!(post(&replicas[1], "/v1/auth/logout", Some(&there.access), &Value::Null).await.status, 204);
    ended(&replicas, &there).await;
    assert_eq!(me(&replicas[1], &here.access).await.status, 200);

    // And the account is gone.
    let account = format!("{}/v1/users/{}", replicas[0].url, ada.id);
    let gone = send(request(Method::DELETE, account).bearer_auth(&here.access)).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    ended(&replicas, &here).await;
    login(&replicas[0], ANOTHER).await.assert_problem(401);
    let [one, two] = replicas;
    one.stop().await;
    two.stop().await;
}
