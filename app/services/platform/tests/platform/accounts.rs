//! `accounts` beside `platform`: two programs on one database with one folder of keys.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, get, request, send};
use crate::process::{Process, beside, eventually};
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";

async fn pair(shop: &Shop) -> [Process; 2] {
    let (accounts, platform) = (shop.setup().of(beside("accounts")), shop.setup());
    let (accounts, platform) = tokio::join!(accounts.ready(), platform.ready());
    [accounts, platform]
}

async fn me(process: &Process, token: &str) -> Answer {
    send(request(Method::GET, format!("{}/v1/users/me", process.url)).bearer_auth(token)).await
}

async fn signed_in(process: &Process, email: &str) -> String {
    let login = request(Method::POST, format!("{}/v1/auth/login", process.url));
    let answer = send(login.json(&json!({ "email": email, "password": PASSWORD }))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_either_is_good_at_both_and_a_user_who_is_disabled_is_soon_out_of_both() {
    let shop = Shop::new().await;
    let customer = shop.user("customer@example.com", PASSWORD, Role::Customer).await;
    let services = pair(&shop).await;
    for issuer in &services {
        let token = signed_in(issuer, "customer@example.com").await;
        for service in &services {
            assert_eq!(me(service, &token).await.json()["id"], customer.id.to_string());
        }
    }

    let token = signed_in(&services[0], "customer@example.com").await;
    let customer = shop.users.query_by_id(types::Scope::Any, customer.id).await.unwrap();
    shop.users.disable(&customer).await.unwrap();
    let out = eventually(Duration::from_secs(10), async || {
        let statuses = [me(&services[0], &token).await.status, me(&services[1], &token).await.status];
        (statuses == [401, 401]).then_some(())
    });
    assert!(out.await.is_some(), "within 10 s everywhere");
    let [accounts, platform] = services;
    accounts.stop().await;
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_serves_its_own_routes_and_says_so_and_none_of_the_catalogue() {
    let shop = Shop::new().await;
    let [accounts, platform] = pair(&shop).await;
    let paths = async |process: &Process| {
        let document = get(format!("{}/openapi.json", process.url)).await.json();
        let paths = document["paths"].as_object().unwrap();
        paths.iter().map(|(path, item)| (path.clone(), item.clone())).collect::<Vec<(String, Value)>>()
    };
    let (own, all) = (paths(&accounts).await, paths(&platform).await);
    assert!(own.len() < all.len());
    // Word for word what the platform says of them.
    assert!(own.iter().all(|path| all.contains(path)));
    let is_of_accounts = |path: &str| path.starts_with("/v1/users") || path.starts_with("/v1/auth");
    let (expected, others): (Vec<_>, Vec<_>) = all.iter().partition(|(path, _)| is_of_accounts(path));
    assert!(expected.iter().all(|path| own.contains(path)));
    for (path, _) in others.iter().filter(|(path, _)| path.starts_with("/v1/")) {
        get(format!("{}{path}", accounts.url)).await.assert_problem(404);
    }
    assert!(others.iter().any(|(path, _)| path == "/v1/movies"));

    for path in ["/livez", "/readyz", "/healthcheck", "/.well-known/jwks.json", "/docs/"] {
        let answer = get(format!("{}{path}", accounts.url)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    let build = get(format!("{}/buildinfo", accounts.debug)).await.json();
    assert_eq!(build["name"], "accounts");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_accounts_waits_for_migrations_and_runs_none() {
    let database = dbtest::empty().await;
    let keys = crate::folder::keys();
    let setup = crate::process::Setup::new().of(beside("accounts")).in_production();
    let setup = setup.with("db.url", database.url()).with("auth.keys_dir", keys.path().display().to_string());
    let process = setup.serving_unready().await;
    let problem = get(format!("{}/readyz", process.url)).await.assert_problem(503);
    assert!(problem["detail"].as_str().unwrap().contains("lacks"), "{problem}");
    process.stop().await;
    let tables = "SELECT count(*)::text FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(dbtest::server().query(database.name(), tables).unwrap(), [[Some("0".to_owned())]]);
}
