//! A process from its start to its exit code, driven by signals.

use std::io::Read as _;
use std::time::{Duration, Instant};

use crate::process::{Process, command, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_drains_then_finishes_what_it_has_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start("idle", &["web.drain=3s", "web.shutdown=5s"]);
        assert_eq!(status(&process.debug, "/readyz").await, 200);
        assert!(
            reqwest::get(format!("{}/metrics", process.debug))
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
                .contains("build_info")
        );

        process.signal(signal);
        process.wait_for("stopping: draining");
        assert_eq!(status(&process.debug, "/readyz").await, 503);
        let begun_late = tokio::spawn(reqwest::get(format!("{}/v1/slow", process.url)));
        process.wait_for("stopping: requests");
        let answer = begun_late.await.unwrap().unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["connection"].to_str().unwrap()), (200, "close"));
        assert_eq!(answer.text().await.unwrap(), "slept");
        assert_eq!(process.exit().code(), Some(0));
    }
}

#[tokio::test]
async fn a_second_signal_ends_at_once_with_1() {
    let mut process = Process::start("idle", &["web.drain=5s"]);
    process.signal("TERM");
    process.wait_for("stopping: draining");
    let begun = Instant::now();
    process.signal("INT");
    assert_eq!(process.exit().code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn settings_with_faults_are_all_listed_before_anything_is_opened() {
    let output = command("idle", &["web.drain=soon", "web.nonsense=1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("web.drain") && errors.contains("web.nonsense"), "{errors}");
    assert!(output.stdout.is_empty());
}

#[test]
fn an_address_that_is_taken_is_told_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("web.api_host={}", taken.local_addr().unwrap());
    let mut child = command("idle", &[&address]).spawn().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(errors.contains("web.api_host"), "{errors}");
}

#[tokio::test]
async fn a_task_that_panics_ends_alone_and_the_stop_counts_those_that_stay() {
    let tasks = service::Tasks::new();
    tasks.spawn("breaks", |_| async { panic!("on purpose") });
    tasks.spawn("ends when told", |stopping| async move { stopping.cancelled().await });
    tasks.spawn("stays", |_| std::future::pending());
    assert_eq!(tasks.stop(Duration::from_millis(300)).await, 1);
}
