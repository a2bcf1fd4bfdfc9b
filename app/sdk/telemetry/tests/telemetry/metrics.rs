//! Metrics of requests and of the process.

use std::{io, sync::mpsc, time::Duration};

use telemetry::{Output, RouteMetrics};

use crate::Scoped;

#[tokio::test]
async fn requests_are_counted_by_method_route_and_status() {
    let scoped = Scoped::start(|_| ());
    let route = RouteMetrics::new("GET", "/v1/counted/{id}");
    for _ in 0..3 {
        route.record(200, Duration::from_millis(3));
    }
    route.record(404, Duration::from_millis(1));
    let text = scoped.telemetry.metrics().render();
    let of = "method=\"GET\",route=\"/v1/counted/{id}\"";
    for line in [
        format!("http_server_request_duration_seconds_count{{{of},status=\"200\"}} 3"),
        format!("http_server_request_duration_seconds_bucket{{{of},status=\"200\",le=\"0.0025\"}} 0"),
        format!("http_server_request_duration_seconds_bucket{{{of},status=\"200\",le=\"0.005\"}} 3"),
        format!("http_server_request_duration_seconds_count{{{of},status=\"404\"}} 1"),
    ] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_request_is_in_work_until_it_is_dropped() {
    // The gauge is one for the process: this test's change is larger than any other's.
    let scoped = Scoped::start(|_| ());
    let metrics = scoped.telemetry.metrics();
    let active = || -> f64 {
        let text = metrics.render();
        let line = text.lines().find(|line| line.starts_with("http_server_active_requests")).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let route = RouteMetrics::new("GET", "/v1/active");
    let guards: Vec<_> = (0..1_000).map(|_| route.begin()).collect();
    assert!(active() >= 1_000.0);
    drop(guards);
    assert!(active() < 1_000.0);
}

#[tokio::test]
async fn the_process_the_runtime_and_the_build_are_shown() {
    let scoped = Scoped::start(|_| ());
    // The first look at the runtime is a moment after the start.
    let text = loop {
        let text = scoped.telemetry.metrics().render();
        if text.contains("tokio_workers_count ") {
            break text;
        }
        tokio::task::yield_now().await;
    };
    for name in [
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
        "process_cpu_time_seconds ",
        "process_open_fds ",
        "log_lines_lost_total ",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    assert!(text.contains("build_info{service=\"films\",version=\"1.2.3\"} 1"), "{text}");
}

/// An output that takes nothing until its other end is dropped.
struct Stuck(mpsc::Receiver<()>);

impl io::Write for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        self.0.recv().map_err(io::Error::other)?;
        Ok(0)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn lines_that_a_stuck_output_loses_are_a_metric() {
    let (release, stuck) = mpsc::channel();
    let scoped = Scoped::start(|options| options.output = Output::Writer(Box::new(Stuck(stuck))));
    let long = "x".repeat(10_000);
    scoped.run(|| (0..2_000).for_each(|_| tracing::info!("{long}")));
    let text = scoped.telemetry.metrics().render();
    let line = text.lines().find(|line| line.starts_with("log_lines_lost_total ")).unwrap();
    assert!(line.rsplit(' ').next().unwrap().parse::<u64>().unwrap() > 1_000, "{line}");
    drop(release);
    assert_eq!(scoped.telemetry.stop().await.log_lines_lost, 2_000);
}
