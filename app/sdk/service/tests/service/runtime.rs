//! Who blocks a worker.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::Process;

async fn report(process: &Process) -> Value {
    reqwest::get(format!("{}/debug/runtime", process.debug)).await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_call_is_found_by_its_route() {
    let process = Process::start("faults", &[]);
    let blocking = tokio::spawn(reqwest::get(format!("{}/v1/block", process.url)));
    // While it lasts.
    let begun = Instant::now();
    let blocked = loop {
        let report = report(&process).await;
        if let Some(blocked) = report["blocked"].as_array().unwrap().first() {
            break blocked.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{report}");
        if blocking.is_finished() {
            // A machine under load may look too late.
            reqwest::get(format!("{}/v1/block", process.url)).await.unwrap();
            break Value::Null;
        }
    };
    if blocked != Value::Null {
        assert_eq!((&blocked["work"], &blocked["thread"]), (&"GET /v1/block".into(), &"server 0".into()));
        assert!(blocked["for_ms"].as_u64().unwrap() >= 100, "{blocked}");
    }
    blocking.await.unwrap().unwrap();

    // Afterwards.
    let line = process.wait_for("a poll blocked its thread");
    assert_eq!((&line["method"], &line["route"]), (&"GET".into(), &"/v1/block".into()), "{line}");
    assert!(line["took_ms"].as_u64().unwrap() >= 300 && line["trace_id"].is_string(), "{line}");
    let report = report(&process).await;
    let slow = &report["slow_polls"][0];
    assert_eq!(slow["work"], "GET /v1/block");
    assert!(slow["longest_ms"].as_u64().unwrap() >= 300, "{report}");
    let metrics = reqwest::get(format!("{}/metrics", process.debug)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("http_server_slow_polls_total{method=\"GET\",route=\"/v1/block\"} "), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_runtime_of_the_process_is_shown() {
    let process = Process::start("idle", &["web.workers=2"]);
    let report = report(&process).await;
    let names: Vec<&str> =
        report["runtimes"].as_array().unwrap().iter().map(|runtime| runtime["name"].as_str().unwrap()).collect();
    for name in ["main", "server 0", "server 1", "debug server 0"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let metrics = reqwest::get(format!("{}/metrics", process.debug)).await.unwrap().text().await.unwrap();
    for part in [
        "runtime_workers{runtime=\"main\"} ",
        "runtime_tasks{runtime=\"server 1\"} ",
        "runtime_worker_busy_seconds{runtime=\"debug server 0\",worker=\"0\"} ",
        "runtime_worker_parks_total{runtime=\"main\",worker=\"0\"} ",
    ] {
        assert!(metrics.contains(part), "{part} is missing in\n{metrics}");
    }
    if cfg!(tokio_unstable) {
        let main = &report["runtimes"][0];
        assert!(main["blocking"]["threads"].is_u64() && main["workers"][0]["steals"].is_u64(), "{main}");
        for part in
            ["runtime_blocking_threads{runtime=\"main\"} ", "runtime_poll_duration_seconds_bucket{runtime=\"main\","]
        {
            assert!(metrics.contains(part), "{part} is missing in\n{metrics}");
        }
    }
}
