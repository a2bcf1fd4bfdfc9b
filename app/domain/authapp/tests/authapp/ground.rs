//! What the tests of sign-in have in common.

use std::time::{Duration, Instant};

use apitest::{Answer, Api, PASSWORD, Standing};
use brakes::Brakes;
use serde_json::{Value, json};
use types::Role;

/// For how long an instance believes the state of a user and of a session here.
const STATE_LIFETIME: Duration = Duration::from_millis(500);

/// What a sign-in gives.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Instances with the routes of sign-in.
pub(crate) async fn start(instances: usize) -> Api {
    Api::start_with(instances, STATE_LIFETIME, |instance| {
        vec![authapp::routes(instance.db, instance.authenticator, instance.users, Brakes::off())]
    })
    .await
}

/// An API, and a user beside the usual ones: a customer, `ada@example.com`.
pub(crate) async fn with_ada(instances: usize) -> Api {
    let api = start(instances).await;
    api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
    api
}

pub(crate) fn pair(answer: &Answer) -> Pair {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Pair { access: text("access_token"), refresh: text("refresh_token") }
}

pub(crate) async fn login(api: &Api, email: &str) -> Pair {
    let body = json!({"email": email, "password": PASSWORD});
    pair(&api.post("/v1/auth/login").json(&body).send().await.expect(201))
}

/// An attempt at a refresh, by the instance with this number.
pub(crate) async fn refresh(api: &Api, instance: usize, token: &str) -> Answer {
    api.post("/v1/auth/refresh").on(instance).json(&json!({"refresh_token": token})).send().await
}

/// The sessions that whoever has this access token sees.
pub(crate) async fn sessions(api: &Api, access: &str) -> Vec<Value> {
    let list = api.get("/v1/auth/sessions").bearer(access).send().await.expect(200);
    list.json()["items"].as_array().unwrap().clone()
}

/// The id of the session that this access token belongs to.
pub(crate) async fn session_id(api: &Api, access: &str) -> String {
    let sessions = sessions(api, access).await;
    let current = sessions.iter().find(|session| session["current"] == true).unwrap();
    current["id"].as_str().unwrap().to_owned()
}

/// Demands that every instance refuses this access token soon.
pub(crate) async fn refused_soon(api: &Api, instances: usize, access: &str) {
    let start = Instant::now();
    for instance in 0..instances {
        while api.get("/v1/auth/sessions").on(instance).bearer(access).send().await.status() != 401 {
            // Far below the 10 s of the contract, of which 5 s are `auth::STATE_LIFETIME`: here that is a tenth of it.
            assert!(start.elapsed() < Duration::from_secs(5), "instance {instance} still takes the token");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
