//! The debug listener over its socket: who may, which build, what is logged.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::process::Process;
use crate::profiles::problem;

async fn put(process: &Process, query: &str, kind: &str, body: &str) -> Response {
    let url = format!("{}/debug/log-filter{query}", process.debug);
    Client::new().put(url).header("content-type", kind).body(body.to_owned()).send().await.unwrap()
}

async fn filter(process: &Process) -> Value {
    reqwest::get(format!("{}/debug/log-filter", process.debug)).await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_is_changed_and_told() {
    let process = Process::start("idle", &[]);
    assert_eq!(filter(&process).await, json!({"filter": "info", "configured": "info", "until": null}));

    let changed: Value = put(&process, "", "text/plain", "info,mux=debug\n").await.json().await.unwrap();
    assert_eq!(changed, json!({"filter": "info,mux=debug", "configured": "info", "until": null}));
    let line = process.wait_for("what is logged has changed");
    assert_eq!((&line["before"], &line["now"]), (&"info".into(), &"info,mux=debug".into()), "{line}");

    // What would be silent about itself is told before.
    assert_eq!(put(&process, "", "application/json", r#"{"filter": "off"}"#).await.status(), 200);
    assert_eq!(process.wait_for("what is logged has changed")["now"], "off");
    assert_eq!(reqwest::get(format!("{}/nowhere", process.url)).await.unwrap().status(), 404);
    assert_eq!(put(&process, "", "application/x-www-form-urlencoded", "info").await.status(), 200);
    let next = process.wait_for("");
    assert_eq!(next["message"], "what is logged has changed", "nothing was logged meanwhile: {next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_goes_back_by_itself() {
    let process = Process::start("idle", &["telemetry.log_filter=warn,service=info"]);
    let changed: Value = put(&process, "?for=1s", "text/plain", "debug").await.json().await.unwrap();
    assert_eq!((&changed["filter"], &changed["configured"]), (&"debug".into(), &"warn,service=info".into()));
    assert!(changed["until"].is_string(), "{changed}");
    let begun = Instant::now();
    while filter(&process).await["filter"] != "warn,service=info" {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(filter(&process).await["until"], Value::Null);

    // The next change takes the place of the one that waits.
    assert_eq!(put(&process, "?for=1s", "text/plain", "error").await.status(), 200);
    let body = r#"{"filter": "debug", "for": "1h"}"#;
    assert_eq!(put(&process, "", "application/json", body).await.status(), 200);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        assert_eq!(filter(&process).await["filter"], "debug");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_none_changes_nothing() {
    let process = Process::start("idle", &[]);
    for (query, kind, body) in [
        ("", "text/plain", ""),
        ("", "text/plain", "inof"),
        ("", "text/plain", "info,[a"),
        ("", "application/json", "info"),
        ("", "application/json", r#"{"filter": "info", "level": "debug"}"#),
        ("", "application/json", r#"{"filter": "debug", "for": "10"}"#),
        ("?for=0s", "text/plain", "debug"),
        ("?for=2d", "text/plain", "debug"),
        ("?until=5s", "text/plain", "debug"),
    ] {
        problem(put(&process, query, kind, body).await, 422).await;
        assert_eq!(filter(&process).await, json!({"filter": "info", "configured": "info", "until": null}), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_others_and_names_of_others_are_refused() {
    let process = Process::start("idle", &[]);
    let send = |method: Method, path: &str, field: &'static str, value: &'static str| {
        let request = Client::new().request(method, format!("{}{path}", process.debug)).header(field, value);
        async move { request.body("debug").send().await.unwrap() }
    };
    problem(send(Method::PUT, "/debug/log-filter", "origin", "http://evil.example").await, 403).await;
    problem(send(Method::PUT, "/debug/log-filter", "sec-fetch-site", "cross-site").await, 403).await;
    problem(send(Method::GET, "/debug/runtime", "host", "rebound.example").await, 403).await;
    assert_eq!(filter(&process).await["filter"], "info");
    assert_eq!(send(Method::GET, "/metrics", "host", "marquee.internal").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_elsewhere_the_token_opens_what_probes_do_not_need() {
    // The address that this machine has on a network; nothing is sent.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let Some(address) = socket.connect("192.0.2.1:9").ok().and_then(|()| socket.local_addr().ok()) else {
        return elsewhere_is_nowhere();
    };
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        return elsewhere_is_nowhere();
    }
    let process = Process::start("idle", &["web.debug_host=0.0.0.0:0", "web.debug_token=a-token-that-nobody-guesses"]);
    let port = process.debug.rsplit(':').next().unwrap();
    let get = |path: &str, token: &str| {
        // A proxy of the environment is no way to this machine.
        let client = Client::builder().no_proxy().build().unwrap();
        let request = client.get(format!("http://{}:{port}{path}", address.ip())).bearer_auth(token);
        async move { request.send().await.unwrap() }
    };
    for path in ["/metrics", "/livez", "/readyz", "/buildinfo"] {
        assert_eq!(get(path, "").await.status(), 200, "{path}");
    }
    for path in ["/debug/pprof/", "/debug/runtime", "/debug/log-filter", "/console", "/console/api/home", "/nowhere"] {
        let refused = get(path, "").await;
        let challenges: Vec<_> = refused.headers().get_all("www-authenticate").iter().cloned().collect();
        assert!(challenges.iter().any(|one| one.as_bytes().starts_with(b"Basic realm=")), "{challenges:?}");
        problem(refused, 401).await;
        problem(get(path, "another-token-that-is-wrong").await, 401).await;
    }
    assert_eq!(get("/debug/runtime", "a-token-that-nobody-guesses").await.status(), 200);
    // As a browser answers the challenge.
    let client = Client::builder().no_proxy().build().unwrap();
    for path in ["/console", "/console/api/home"] {
        let page = client.get(format!("http://{}:{port}{path}", address.ip()));
        let page = page.basic_auth("ada", Some("a-token-that-nobody-guesses")).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
}

/// This machine is on no network, so that nobody is elsewhere: in CI that is a fault of CI.
fn elsewhere_is_nowhere() {
    assert!(std::env::var_os("CI").is_none(), "no address but loopback");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_build_and_the_index_are_shown() {
    let process = Process::start("idle", &[]);
    let build: Value = reqwest::get(format!("{}/buildinfo", process.debug)).await.unwrap().json().await.unwrap();
    assert_eq!((&build["name"], &build["allocator"]), (&"idle".into(), &profiling::ALLOCATOR.into()));
    assert!(build["rustc"].as_str().unwrap().starts_with("rustc 1."), "{build}");
    assert!(["debug", "release"].contains(&build["profile"].as_str().unwrap()), "{build}");
    assert_eq!(build["revision"], json!(option_env!("MARQUEE_REVISION").filter(|revision| !revision.is_empty())));

    let index = reqwest::get(format!("{}/debug/pprof/", process.debug)).await.unwrap().text().await.unwrap();
    let links = index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut checked = 0;
    for link in links.map(|link| link.replace("&amp;", "&").replace("seconds=10", "seconds=1")) {
        let status = reqwest::get(format!("{}{link}", process.debug)).await.unwrap().status();
        let has_heap = profiling::ALLOCATOR == "jemalloc" || !link.contains("/heap");
        assert_eq!(status, if has_heap { 200 } else { 404 }, "{link}");
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}
