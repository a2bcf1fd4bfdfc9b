//! What the telemetry of a request costs.

use std::{
    fs::OpenOptions,
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use otlptest::Collector;
use telemetry::recorder::{self, Asked, Keep};
use telemetry::{Output, RouteMetrics, Trace};
use tracing::Instrument as _;

use crate::{Scoped, TRACEPARENT};

const REQUESTS: u32 = 200_000;

/// CPU time of this process in seconds: every thread counts, the one that writes the log too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    // utime and stime, in ticks of 10 ms (proc(5)).
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// A statement of the usual length.
const SQL: &str = "SELECT movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, price_currency, \
    stock, version, created_at, updated_at FROM movies WHERE movie_id = $1";

/// A request whose handler is polled three times, and runs so many statements.
fn request(route: &RouteMetrics, traceparent: Option<&'static str>, statements: u32) {
    let (begun, in_flight) = (Instant::now(), route.begin());
    let trace = Trace::from_headers(|name| traceparent.filter(|_| name == "traceparent"));
    let span = telemetry::request_span(&trace, "GET", "/v1/movies/{id}");
    let asked = Asked { target: "/v1/movies/7?q=a", has_credentials: true, has_body: false, is_probe: false };
    recorder::asked(&span, &asked, |name| (name == "accept").then_some("application/json"));
    let mut polls = 0;
    let handler = poll_fn(|_| {
        polls += 1;
        if polls < 3 {
            return Poll::Pending;
        }
        telemetry::annotate("user_id", "01934d5e-7a1c-7000");
        for _ in 0..statements {
            recorder::statement(SQL, 1, Duration::from_micros(200), Duration::ZERO, None);
        }
        Poll::Ready(())
    });
    let mut handler = pin!(handler.instrument(span.clone()));
    while handler.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    route.record(200, begun.elapsed());
    telemetry::request_done(&span, 200, begun.elapsed());
    drop(in_flight);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo test --release -p telemetry --test telemetry cost -- --ignored --nocapture"]
async fn a_request_costs_some_microseconds() {
    let collector = Collector::start().await;
    for (name, endpoint, ratio, traceparent, keep, statements) in [
        ("no collector", false, 0.0, None, None, 0),
        ("no collector, traceparent", false, 0.0, Some(TRACEPARENT), None, 0),
        ("not recorded", true, 0.0, None, None, 0),
        ("5 % recorded", true, 0.05, None, None, 0),
        ("recorded", true, 1.0, None, None, 0),
        ("no collector, one of 100 kept", false, 0.0, None, Some(Keep::SAMPLE), 0),
        ("the same, 4 statements", false, 0.0, None, Some(Keep::SAMPLE), 4),
        ("no collector, all kept, 4 statements", false, 0.0, None, Some(Keep::ALL), 4),
    ] {
        let scoped = Scoped::start(|options| {
            options.output = Output::Writer(Box::new(OpenOptions::new().write(true).open("/dev/null").unwrap()));
            options.otlp_endpoint = endpoint.then(|| collector.endpoint.clone());
            options.sample_ratio = ratio;
            options.keep = keep;
        });
        let route = RouteMetrics::new("GET", "/v1/movies/{id}");
        let (cpu, begun) = (cpu_seconds(), Instant::now());
        scoped.run(|| (0..REQUESTS).for_each(|_| request(&route, traceparent, statements)));
        let wall = begun.elapsed();
        // Writing the log and sending the spans count too.
        let stopped = scoped.telemetry.stop().await;
        let micros = (cpu_seconds() - cpu) * 1e6 / f64::from(REQUESTS);
        println!("{name}: {micros:.2} us CPU, {:?} wall a request; {stopped}", wall / REQUESTS);
    }
}
