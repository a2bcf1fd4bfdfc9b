//! What must never be said: passwords, tokens, mail addresses.
//!
//! Canaries are planted in all that is secret, and looked for in all that is said and all that is kept.

mod account;
mod search;
mod settings;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dbtest::proxy::Proxy;
use otlptest::Collector;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, get, post, request, send};
use crate::process::{PATIENCE, Process, eventually};
use crate::secrecy::search::{Told, percent_encoded};
use crate::shop::{Shop, film};

const DATABASE: &str = "canary/database+password";
const PASSWORD: &str = "canary?login&password";
const WRONG: &str = "canary=wrong%password";
const EMAIL: &str = "canary.editor@secret.example";
const STRANGER: &str = "canary.stranger@secret.example";
const BODY: &str = "canary in a body";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_metric_trace_or_failure() {
    let shop = Shop::new().await;
    let token = shop.token(&shop.user(EMAIL, PASSWORD, Role::Editor).await);
    let collector = Collector::start().await;
    let proxy = Proxy::start();
    let password = percent_encoded(DATABASE);
    let url = format!("postgres://marquee:{password}@{}/{}?sslmode=disable", proxy.address(), shop.database.name());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("platform.log");
    let setup = || {
        // With more to say than anybody should run with.
        let setup = shop.setup_behind(&url).with("db.deadline", "3s").with("telemetry.log_filter", "debug");
        setup.with("telemetry.otlp_endpoint", &collector.endpoint).with("telemetry.sample_ratio", "1")
    };

    let mut told = observed(setup().ready().await, &proxy, &token).await;
    let mut process = setup().with("telemetry.log_file", file.display().to_string()).start();
    let ready = eventually(PATIENCE, async || {
        let log = std::fs::read_to_string(&file).unwrap_or_default();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["message"] == "ready")
    });
    process.serves_at(&ready.await.expect("it should log to the file"));
    told.push_str(&observed(process, &proxy, &token).await);
    told.push_str(&std::fs::read_to_string(&file).unwrap());
    assert!(!collector.spans().is_empty());
    told.push_str(&collector.text());

    // The accidents left their traces.
    assert!(told.matches("request failed").count() >= 2 && told.contains("/v1/auth/login"), "{told}");
    let signature = token.rsplit('.').next().unwrap();
    let secrets = [DATABASE, PASSWORD, WRONG, EMAIL, STRANGER, BODY, signature, "canary-token"];
    Told::of("all of it", told).assert_keeps(&secrets);
}

/// What a process says, in answers and otherwise, while everything goes wrong, to its end.
async fn observed(mut process: Process, proxy: &Proxy, token: &str) -> String {
    let mut told = String::new();
    for answer in failures(&process, proxy, token).await {
        assert!(answer.status >= 400, "{answer:?}");
        told.push_str(&format!("{answer:?}\n"));
    }
    told.push_str(&get(format!("{}/metrics", process.debug)).await.body);
    told.push_str(&get(format!("{}/openapi.json", process.url)).await.body);
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await, Some(0));
    told + &process.stdout() + &process.stderr()
}

/// Everything that goes wrong with a secret at hand.
async fn failures(process: &Process, proxy: &Proxy, token: &str) -> Vec<Answer> {
    let movies = format!("{}/v1/movies", process.url);
    let login = format!("{}/v1/auth/login", process.url);
    let sign_in = async |email: &str, password: &str| {
        send(request(Method::POST, &login).json(&json!({ "email": email, "password": password }))).await
    };
    let signed_in = sign_in(EMAIL, PASSWORD).await;
    assert_eq!(signed_in.status, 201);
    let mut answers = vec![
        sign_in(EMAIL, WRONG).await,
        sign_in(STRANGER, WRONG).await,
        send(request(Method::POST, &login).json(&json!({ "email": STRANGER, "password": [WRONG] }))).await,
        send(request(Method::POST, &login).header("content-type", "application/json").body(format!("{{{PASSWORD}")))
            .await,
        send(request(Method::GET, &movies).bearer_auth("canary-token.canary-token.canary-token")).await,
        send(request(Method::GET, &movies).bearer_auth(format!("{token}x"))).await,
        send(request(Method::GET, &movies).header("authorization", format!("Basic {}", STANDARD.encode(PASSWORD))))
            .await,
        post(&movies, token, &json!({ "title": 7, "director": { "name": BODY } })).await,
        get(format!("{}/canary-path/{EMAIL}", process.url)).await,
    ];
    // With the database gone in the middle of it.
    proxy.mute();
    answers.push(sign_in(EMAIL, PASSWORD).await);
    answers.push(post(&movies, token, &film(BODY)).await);
    proxy.cut();
    answers.push(post(&movies, token, &film(BODY)).await);
    proxy.unmute();
    // What names the caller's own path is for the caller alone.
    for answer in &mut answers {
        answer.body = answer.body.replace(&format!("/canary-path/{EMAIL}"), "");
    }
    answers
}
