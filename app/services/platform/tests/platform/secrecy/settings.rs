//! The secrets among the settings, when what they open is not there.

use std::net::TcpListener;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;

use crate::answer::{get, request, send};
use crate::process::{PATIENCE, eventually};
use crate::secrecy::search::{Told, percent_encoded};
use crate::shop::Shop;

const RELAY: &str = "canary/relay+password";
const BROKER: &str = "canary?broker&password";
const STORE: &str = "canary=store%password";

/// A port of loopback that nobody listens on.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_away_is_told_without_its_password() {
    let shop = Shop::new().await;
    let relay = format!("smtp://marquee:{}@127.0.0.1:{}?tls=required", percent_encoded(RELAY), closed());
    let stores = format!("s3://key:{}@bucket", percent_encoded(STORE));
    let setup = shop.setup().with("mail.smtp_url", relay).with("mail.from", "films@films.test");
    let mut process = setup.with("media.stores", stores).with("telemetry.log_filter", "debug").ready().await;
    let new = json!({ "name": "Somebody", "email": "somebody@films.test", "password": "correct horse battery" });
    let answer = send(request(Method::POST, format!("{}/v1/users", process.url)).json(&new)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    process.logged("job failed").await;
    let mut told = Told::of("metrics", get(format!("{}/metrics", process.debug)).await.body);
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await, Some(0));
    told.add("log", &(process.stdout() + &process.stderr()));
    told.add_tables(&shop);
    assert!(told.at("table jobs").contains("attempt"), "{}", told.at("table jobs"));
    told.assert_keeps(&[RELAY, STORE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_is_told_without_its_password() {
    let shop = Shop::new().await;
    let broker = format!("nats://marquee:{}@127.0.0.1:{}", percent_encoded(BROKER), closed());
    let mut process = shop.setup().with("events.nats_url", broker).with("telemetry.log_filter", "debug").start();
    // It has tried again and again.
    let tried = eventually(PATIENCE, async || (process.stdout().matches("async_nats").count() > 5).then_some(()));
    assert!(tried.await.is_some(), "{}", process.stdout());
    process.signal(Signal::TERM);
    process.ended().await;
    let mut told = Told::of("log", process.stdout() + &process.stderr());
    told.add_tables(&shop);
    told.assert_keeps(&[BROKER]);
}

#[test]
fn a_secret_that_is_wrong_is_refused_without_being_said() {
    let wrong = |key: &str, secret: &str| {
        let output = crate::process::Setup::new().with("env", "production").with(key, secret).output();
        assert_eq!(output.status.code(), Some(64), "{key}");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(key), "{said}");
        Told::of(key, said).assert_keeps(&["canary-password"]);
    };
    wrong("db.url", "mysql://marquee:canary-password@db/films");
    wrong("mail.smtp_url", "gopher://marquee:canary-password@relay");
    wrong("media.stores", "s4://marquee:canary-password@films");
    wrong("events.nats_url", "http://marquee:canary-password@broker");
}
