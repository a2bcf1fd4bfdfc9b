//! The services of the platform as programs of their own, on one database with one folder of keys.

use std::collections::BTreeSet;
use std::time::Duration;

use otlptest::{Collector, hex};
use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, get, request, send};
use crate::process::{Process, Setup, eventually};
use crate::shop::{Shop, film};

const PASSWORD: &str = "correct horse battery";

/// What the platform does, in parts.
const APART: [&str; 4] = ["accounts", "catalog", "orders", "live"];

/// Each part as a process.
async fn apart(setup: &Setup) -> [Process; 4] {
    let [accounts, catalog, orders, live] = APART.map(|name| setup.clone().of(apitest::program(name)));
    tokio::join!(accounts.ready(), catalog.ready(), orders.ready(), live.ready()).into()
}

/// The paths that a service has, beside those that say what it is.
async fn routed(process: &Process) -> BTreeSet<String> {
    let console = get(format!("{}/console/api/routes", process.debug)).await.json();
    console["routes"].as_array().unwrap().iter().map(|route| route["path"].as_str().unwrap().to_owned()).collect()
}

/// What a service says of each path.
async fn paths(process: &Process) -> Vec<(String, Value)> {
    let document = get(format!("{}/openapi.json", process.url)).await.json();
    let mut paths: Vec<_> =
        document["paths"].as_object().unwrap().iter().map(|(path, item)| (path.clone(), item.clone())).collect();
    paths.sort_by(|(one, _), (other, _)| one.cmp(other));
    paths
}

async fn pair(shop: &Shop) -> [Process; 2] {
    let (accounts, platform) = (shop.setup().of(apitest::program("accounts")), shop.setup());
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

#[test]
fn each_tells_its_name_and_version_and_ends_with_64_and_all_the_faults_of_its_settings() {
    for name in APART {
        let setup = Setup::new().of(apitest::program(name));
        let version = setup.command().arg("--version").output().unwrap();
        assert_eq!(String::from_utf8(version.stdout).unwrap(), format!("{name} {}\n", platform::SERVICE.version));
        let faulty = [("MARQUEE__WEB__DRAIN", "soon"), ("MARQUEE__AUTH__ACCESS_TTL", "long")];
        let output = setup.command().envs(faulty).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{name}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("web.drain") && told.contains("auth.access_ttl"), "{name}: {told}");
    }
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
async fn each_serves_its_own_routes_and_says_so_and_together_they_serve_what_the_platform_does() {
    let shop = Shop::new().await;
    let services = apart(&shop.setup()).await;
    let platform = shop.setup().ready().await;
    let all = paths(&platform).await;
    let mut served = Vec::new();
    for (name, process) in APART.iter().zip(&services) {
        let own = routed(process).await;
        let told = paths(process).await;
        for (path, item) in &told {
            // Word for word what the platform says of them.
            assert!(all.contains(&(path.clone(), item.clone())), "{name}: {path}");
        }
        match *name {
            "accounts" => assert_eq!(told, all, "it speaks for all"),
            _ => assert_eq!(told.into_iter().map(|(path, _)| path).collect::<BTreeSet<_>>(), own, "{name}"),
        }
        for (path, _) in all.iter().filter(|(path, _)| !own.contains(path)) {
            get(format!("{}{path}", process.url)).await.assert_problem(404);
        }
        served.extend(own.into_iter().filter(|path| path.starts_with("/v1/")));
        for path in ["/livez", "/readyz", "/healthcheck", "/docs/", "/docs/policy"] {
            let answer = get(format!("{}{path}", process.url)).await;
            assert_eq!(answer.status, 200, "{name}{path}: {answer:?}");
        }
        let build = get(format!("{}/buildinfo", process.debug)).await.json();
        assert_eq!(build["name"], *name);
    }
    served.sort();
    let all: Vec<String> = all.into_iter().map(|(path, _)| path).filter(|path| path.starts_with("/v1/")).collect();
    assert_eq!(served, all, "all of it, and nothing twice");
    for process in services {
        process.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_at_one_adds_a_film_at_another_and_orders_it_at_the_third_under_one_trace() {
    let (shop, collector) = (Shop::new().await, Collector::start().await);
    shop.user("editor@example.com", PASSWORD, Role::Editor).await;
    shop.user("customer@example.com", PASSWORD, Role::Customer).await;
    shop.user("admin@example.com", PASSWORD, Role::Admin).await;
    // What arrives is what the caller wanted recorded.
    let setup = shop.setup().with("telemetry.otlp_endpoint", &collector.endpoint).with("telemetry.sample_ratio", "0");
    let services = apart(&setup).await;
    let [accounts, catalog, orders, _] = &services;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let traced = async |method: Method, url: String, token: &str, body: Option<Value>| {
        let request = request(method, url).header("traceparent", format!("00-{trace}-{parent}-01"));
        let request = request.bearer_auth(token).header("idempotency-key", "4f9c1e");
        let answer = send(match body {
            Some(body) => request.json(&body),
            None => request,
        });
        answer.await
    };

    let editor = signed_in(accounts, "editor@example.com").await;
    let added = traced(Method::POST, format!("{}/v1/movies", catalog.url), &editor, Some(film("Stalker"))).await;
    assert_eq!(added.status, 201, "{added:?}");
    let (movie, path) = (added.json()["id"].clone(), added.header("location").unwrap().to_owned());
    let customer = signed_in(accounts, "customer@example.com").await;
    let wanted = json!({ "items": [{ "movie_id": movie, "quantity": 2 }] });
    let ordered = traced(Method::POST, format!("{}/v1/orders", orders.url), &customer, Some(wanted)).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    assert_eq!(ordered.json()["total"], json!({ "amount": 1998, "currency": "USD" }));
    let left = get(format!("{}{path}", catalog.url)).await.json();
    assert_eq!(left["stock"], 1, "what orders took is gone from the catalogue");

    // What the two did is found where the admins are, under the trace of who asked for it.
    let admin = signed_in(accounts, "admin@example.com").await;
    for entity in ["movie", "order"] {
        let url = format!("{}/v1/audits?entity={entity}&action=created", accounts.url);
        let audits = traced(Method::GET, url, &admin, None).await.json();
        assert_eq!(audits["items"][0]["trace_id"], trace, "{audits}");
    }
    for process in services {
        process.stop().await;
    }
    let spans = collector.spans();
    for (name, count) in [("POST /v1/movies", 1), ("POST /v1/orders", 1), ("GET /v1/audits", 2)] {
        let found = spans
            .iter()
            .filter(|span| span.name == name && hex(&span.trace_id) == trace && hex(&span.parent_span_id) == parent);
        assert_eq!(found.count(), count, "{name}: {spans:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_each_waits_for_migrations_and_runs_none() {
    let database = dbtest::empty().await;
    let keys = crate::folder::keys();
    for name in APART {
        let setup = Setup::new().of(apitest::program(name)).in_production();
        let setup = setup.with("db.url", database.url()).with("auth.keys_dir", keys.path().display().to_string());
        let process = setup.serving_unready().await;
        let problem = get(format!("{}/readyz", process.url)).await.assert_problem(503);
        assert!(problem["detail"].as_str().unwrap().contains("lacks"), "{name}: {problem}");
        process.stop().await;
    }
    let tables = "SELECT count(*)::text FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(dbtest::server().query(database.name(), tables).unwrap(), [[Some("0".to_owned())]]);
}
