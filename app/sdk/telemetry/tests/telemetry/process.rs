//! Telemetry of a whole process: each test runs this binary again, with one of the ignored tests in it.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use otlptest::Collector;
use telemetry::{Options, Output, Trace};
use tokio::process::Command;

use crate::options;

const ENDPOINT: &str = "TELEMETRY_TEST_ENDPOINT";
const LOG: &str = "TELEMETRY_TEST_LOG";

/// Runs one of the ignored tests in a process of its own, and returns its log.
async fn run(child: &str, endpoint: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", &format!("process::{child}")])
        .env(ENDPOINT, endpoint)
        .env(LOG, &log)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    std::fs::read_to_string(log).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "how the parent test tells this one what to do")]
fn child_options() -> Options {
    let log = std::env::var(LOG).unwrap();
    let mut options = options(Output::File(Path::new(&log).to_owned()));
    options.otlp_endpoint = Some(std::env::var(ENDPOINT).unwrap());
    options
}

fn request(route: &'static str) {
    let span = telemetry::request_span(&Trace::fresh(), "GET", route);
    telemetry::request_done(&span, 200, Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn exporting_spans_makes_no_spans() {
    let collector = Collector::start().await;
    let log = run("child_exports_twice", &collector.endpoint).await;
    let names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["GET /first", "GET /second"], "{log}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by exporting_spans_makes_no_spans"]
async fn child_exports_twice() {
    let mut options = child_options();
    options.filter = "trace,h2=trace,hyper=trace,hyper_util=trace,tonic=trace,tower=trace".to_owned();
    let telemetry = telemetry::start(options).unwrap();
    request("/first");
    let metrics = telemetry.metrics();
    while !metrics.render().contains("trace_spans_delivered_total 1") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    request("/second");
    // The connection's own tasks still chat while the log closes: of lines, some are lost here.
    assert_eq!(telemetry.stop().await.spans_lost, 0);
}

#[tokio::test]
async fn a_single_threaded_process_flushes_too() {
    let collector = Collector::start().await;
    run("child_has_one_thread", &collector.endpoint).await;
    assert_eq!(collector.spans().len(), 1);
}

#[tokio::test]
#[ignore = "run by a_single_threaded_process_flushes_too"]
async fn child_has_one_thread() {
    let telemetry = telemetry::start(child_options()).unwrap();
    request("/only");
    assert_eq!(telemetry.stop().await.spans_lost, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_is_said_and_stops_nobody() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let log = run("child_meets_no_collector", &format!("http://{closed}")).await;
    assert_eq!(log.matches("spans are lost: the collector does not take them").count(), 1, "{log}");
    assert_eq!(log.matches("\"spans_lost\":3").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_mute_is_said_and_stops_nobody() {
    // Connections are accepted by the kernel, and nobody answers.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = run("child_meets_no_collector", &format!("http://{}", mute.local_addr().unwrap())).await;
    assert_eq!(log.matches("\"spans_lost\":3").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the tests of a collector that is down or mute"]
async fn child_meets_no_collector() {
    let begun = Instant::now();
    let telemetry = telemetry::start(child_options()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for _ in 0..3 {
        request("/lost");
    }
    let begun = Instant::now();
    let stopped = telemetry.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!((stopped.spans_lost, stopped.log_lines_lost), (3, 0));
    assert_eq!(stopped.to_string(), "3 spans and 0 log lines were lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_has_one_telemetry() {
    let log = run("child_starts_twice", "http://127.0.0.1:1").await;
    assert!(log.contains("the first goes on"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_process_has_one_telemetry"]
async fn child_starts_twice() {
    let telemetry = telemetry::start(child_options()).unwrap();
    assert!(matches!(telemetry::start(child_options()), Err(telemetry::Error::Installed(_))));
    tracing::info!("the first goes on");
    let _ = telemetry.stop().await;
}
