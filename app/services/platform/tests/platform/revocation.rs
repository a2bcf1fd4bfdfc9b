//! What one process is told to take away is taken away at the other as well, within 10 seconds.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, post, request, send};
use crate::process::{Process, eventually};
use crate::shop::{Shop, film};

const PASSWORD: &str = "correct horse battery";

/// Everywhere, whatever was remembered a moment before.
const SOON: Duration = Duration::from_secs(10);

/// A session: its tokens.
struct Session {
    access: String,
    refresh: String,
}

async fn pair(shop: &Shop) -> [Process; 2] {
    let setup = shop.setup();
    let (one, other) = tokio::join!(setup.ready(), setup.ready());
    [one, other]
}

async fn sign_in(process: &Process, email: &str) -> Session {
    let login = request(Method::POST, format!("{}/v1/auth/login", process.url));
    let answer = send(login.json(&json!({ "email": email, "password": PASSWORD }))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    Session { access: text("access_token"), refresh: text("refresh_token") }
}

async fn ask(process: &Process, method: Method, path: &str, token: &str) -> Answer {
    send(request(method, format!("{}{path}", process.url)).bearer_auth(token)).await
}

async fn refresh(process: &Process, session: &Session) -> Answer {
    let body = json!({ "refresh_token": session.refresh });
    send(request(Method::POST, format!("{}/v1/auth/refresh", process.url)).json(&body)).await
}

async fn me(replicas: &[Process; 2], token: &str) -> [u16; 2] {
    let path = "/v1/users/me";
    [ask(&replicas[0], Method::GET, path, token).await.status, ask(&replicas[1], Method::GET, path, token).await.status]
}

/// Demands that `ask` gives `expected` at both soon after now, asked again and again, so that both remember what was.
async fn becomes(what: &str, expected: [u16; 2], ask: impl AsyncFn() -> [u16; 2]) {
    let start = Instant::now();
    let found = eventually(SOON, async || (ask().await == expected).then_some(())).await;
    assert!(found.is_some() && start.elapsed() < SOON, "{what}: not {expected:?} everywhere after {SOON:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_at_one_ends_at_both() {
    let shop = Shop::new().await;
    let replicas = pair(&shop).await;
    shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    let (here, there, stays) = (
        sign_in(&replicas[0], "ada@example.com").await,
        sign_in(&replicas[1], "ada@example.com").await,
        sign_in(&replicas[1], "ada@example.com").await,
    );
    for session in [&here, &there, &stays] {
        assert_eq!(me(&replicas, &session.access).await, [200, 200]);
    }

    // One signs out; another session is ended from a list.
    assert_eq!(ask(&replicas[0], Method::POST, "/v1/auth/logout", &here.access).await.status, 204);
    let list = ask(&replicas[1], Method::GET, "/v1/auth/sessions", &there.access).await.json();
    let own = list["items"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/v1/auth/sessions/{}", own["id"].as_str().unwrap());
    assert_eq!(ask(&replicas[0], Method::DELETE, &path, &stays.access).await.status, 204);
    for session in [&here, &there] {
        for replica in &replicas {
            refresh(replica, session).await.assert_problem(401);
        }
        becomes("a session that has ended", [401, 401], async || me(&replicas, &session.access).await).await;
    }
    assert_eq!(me(&replicas, &stays.access).await, [200, 200]);
    assert_eq!(refresh(&replicas[0], &stays).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_used_twice_ends_its_session_at_both() {
    let shop = Shop::new().await;
    let replicas = pair(&shop).await;
    shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    let stolen = sign_in(&replicas[0], "ada@example.com").await;
    let next = refresh(&replicas[0], &stolen).await.json();
    let owner = Session {
        access: next["access_token"].as_str().unwrap().to_owned(),
        refresh: next["refresh_token"].as_str().unwrap().to_owned(),
    };
    assert_eq!(me(&replicas, &owner.access).await, [200, 200]);
    refresh(&replicas[1], &stolen).await.assert_problem(401);
    refresh(&replicas[0], &owner).await.assert_problem(401);
    becomes("the session of a stolen token", [401, 401], async || me(&replicas, &owner.access).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_are_given_or_taken_at_one_are_so_at_both() {
    let shop = Shop::new().await;
    let replicas = pair(&shop).await;
    let admin = shop.token(&shop.user("admin@example.com", PASSWORD, Role::Admin).await);
    let ada = shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    let token = sign_in(&replicas[0], "ada@example.com").await.access;
    let adds = async || {
        let mut statuses = [0; 2];
        for (replica, status) in replicas.iter().zip(&mut statuses) {
            *status = post(format!("{}/v1/movies", replica.url), &token, &film("Alien")).await.status;
        }
        statuses
    };
    let set = async |process: &Process, roles: Value| {
        let put = request(Method::PUT, format!("{}/v1/users/{}/roles", process.url, ada.id));
        send(put.bearer_auth(&admin).json(&json!({ "roles": roles }))).await
    };
    assert_eq!(adds().await, [403, 403]);
    assert_eq!(set(&replicas[0], json!(["customer", "editor"])).await.status, 200);
    // The film is there after the first: what matters is who may, not what comes of it.
    let may = async || adds().await.map(|status| u16::from(status != 403));
    becomes("a role that was given", [1, 1], may).await;
    assert_eq!(set(&replicas[1], json!(["customer"])).await.status, 200);
    becomes("a role that was taken", [403, 403], adds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_disabled_or_deleted_at_one_is_out_at_both() {
    let shop = Shop::new().await;
    let replicas = pair(&shop).await;
    let admin = shop.token(&shop.user("admin@example.com", PASSWORD, Role::Admin).await);
    let ada = shop.user("ada@example.com", PASSWORD, Role::Customer).await;
    shop.user("bob@example.com", PASSWORD, Role::Customer).await;
    let ada_session = sign_in(&replicas[1], "ada@example.com").await;
    let bob_session = sign_in(&replicas[1], "bob@example.com").await;
    for session in [&ada_session, &bob_session] {
        assert_eq!(me(&replicas, &session.access).await, [200, 200]);
    }
    let disable = request(Method::PATCH, format!("{}/v1/users/{}", replicas[0].url, ada.id)).bearer_auth(&admin);
    let disable = disable.header("if-match", format!("\"{}\"", ada.version)).json(&json!({"enabled": false}));
    assert_eq!(send(disable).await.status, 200);
    let bob = ask(&replicas[0], Method::GET, "/v1/users/me", &bob_session.access).await.json();
    let path = format!("/v1/users/{}", bob["id"].as_str().unwrap());
    assert_eq!(ask(&replicas[0], Method::DELETE, &path, &bob_session.access).await.status, 204);
    for session in [&ada_session, &bob_session] {
        refresh(&replicas[1], session).await.assert_problem(401);
        becomes("an account that is out", [401, 401], async || me(&replicas, &session.access).await).await;
    }
}
