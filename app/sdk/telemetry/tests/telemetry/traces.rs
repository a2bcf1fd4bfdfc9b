//! Spans on their way to a real collector, and trace context between services.

use std::time::Duration;

use otlptest::{Collector, attribute, hex};
use telemetry::{Stopped, Trace};

use crate::{PARENT_ID, Scoped, TRACE_ID, TRACEPARENT, trace_of};

const NOTHING: Stopped = Stopped { spans_lost: 0, log_lines_lost: 0 };

fn injected() -> Option<String> {
    let mut traceparent = None;
    telemetry::inject(|name, value| {
        if name == "traceparent" {
            traceparent = Some(value);
        }
    });
    traceparent
}

#[tokio::test]
async fn a_recorded_request_reaches_the_collector_with_the_caller_as_its_parent() {
    let collector = Collector::start().await;
    let scoped = Scoped::start(|options| options.otlp_endpoint = Some(collector.endpoint.clone()));
    let outgoing = scoped.run(|| {
        let span = telemetry::request_span(&trace_of(TRACEPARENT), "GET", "/v1/movies/{id}");
        let outgoing = span.in_scope(|| {
            telemetry::annotate("user_id", "0190-7");
            telemetry::annotate("email", "ada@example.com");
            telemetry::annotate("note", "bearer eyJhbGci.eyJz.c2ln of ada@example.com");
            tracing::debug_span!("detail").in_scope(|| ());
            let inner = tracing::info_span!("render", films = 3);
            inner.in_scope(|| (injected().unwrap(), tracing::info!("an event stays in the log")).0)
        });
        telemetry::request_done(&span, 500, Duration::from_millis(2));
        outgoing
    });
    // The last span ended a moment ago: it is flushed.
    assert_eq!(scoped.telemetry.stop().await, NOTHING);

    let spans = collector.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["render", "GET /v1/movies/{id}"]);
    let (inner, request) = (&spans[0], &spans[1]);
    assert_eq!(hex(&request.trace_id), TRACE_ID);
    assert_eq!(hex(&request.parent_span_id), PARENT_ID);
    assert_eq!(hex(&inner.trace_id), TRACE_ID);
    assert_eq!(inner.parent_span_id, request.span_id);
    assert_eq!(outgoing, format!("00-{TRACE_ID}-{}-01", hex(&inner.span_id)));
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/v1/movies/{id}"),
        ("http.response.status_code", "500"),
        ("error.type", "500"),
        ("user_id", "0190-7"),
        ("email", "***"),
        ("note", "bearer *** of ***"),
    ] {
        assert_eq!(attribute(request, key).as_deref(), Some(value), "{key}");
    }
    assert!(request.events.is_empty() && inner.events.is_empty());
    assert_eq!(collector.resource("service.name").as_deref(), Some("films"));
    assert_eq!(collector.resource("service.version").as_deref(), Some("1.2.3"));
    assert_eq!(collector.resource("deployment.environment.name").as_deref(), Some("development"));
}

#[tokio::test]
async fn a_trace_that_begins_here_has_one_id_in_the_log_and_at_the_collector() {
    let collector = Collector::start().await;
    let scoped = Scoped::start(|options| options.otlp_endpoint = Some(collector.endpoint.clone()));
    let traces: Vec<_> = (0..20).map(|_| Trace::fresh()).collect();
    scoped.run(|| {
        for trace in &traces {
            let span = telemetry::request_span(trace, "GET", "/v1/movies");
            telemetry::request_done(&span, 200, Duration::ZERO);
        }
        let task = telemetry::task_span(&traces[0], "sweep");
        task.in_scope(|| tracing::info!("swept"));
    });
    let lines = scoped.lines().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 21);
    for (trace, (span, line)) in traces.iter().zip(spans.iter().zip(lines.lines())) {
        assert_eq!(hex(&span.trace_id), trace.id().as_str());
        assert_eq!(hex(&span.parent_span_id), "");
        assert!(line.contains(trace.id().as_str()), "{line}");
    }
}

#[tokio::test]
async fn the_caller_decides_and_for_others_the_ratio() {
    let collector = Collector::start().await;
    let scoped = Scoped::start(|options| {
        options.otlp_endpoint = Some(collector.endpoint.clone());
        options.sample_ratio = 0.25;
    });
    let refused = TRACEPARENT.replace("-01", "-00");
    scoped.run(|| {
        for _ in 0..1_000 {
            let span = telemetry::request_span(&Trace::fresh(), "GET", "/fresh");
            span.in_scope(|| tracing::info_span!("inside").in_scope(|| ()));
        }
        for (traceparent, route) in [(TRACEPARENT, "/asked"), (refused.as_str(), "/refused")] {
            let span = telemetry::request_span(&trace_of(traceparent), "GET", route);
            span.in_scope(|| tracing::info_span!("inside").in_scope(|| ()));
        }
        tracing::info_span!("of nobody").in_scope(|| ());
    });
    assert_eq!(scoped.telemetry.stop().await, NOTHING);
    let spans = collector.spans();
    let count = |name: &str| spans.iter().filter(|span| span.name == name).count();
    // 250 expected; the standard deviation is 14.
    assert!((150..350).contains(&count("GET /fresh")), "{}", count("GET /fresh"));
    assert_eq!(count("GET /asked"), 1);
    assert_eq!(count("GET /refused"), 0);
    assert_eq!(count("inside"), count("GET /fresh") + 1);
    assert_eq!(count("of nobody"), 0);
}

#[tokio::test]
async fn a_process_that_records_nothing_passes_the_context_on_unchanged() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        assert_eq!(injected(), None);
        telemetry::request_span(&trace_of(TRACEPARENT), "GET", "/").in_scope(|| {
            assert_eq!(injected().as_deref(), Some(TRACEPARENT));
        });
        let state = |name: &str| match name {
            "traceparent" => Some(TRACEPARENT),
            "tracestate" => Some("vendor=1"),
            _ => None,
        };
        telemetry::request_span(&Trace::from_headers(state), "GET", "/").in_scope(|| {
            let mut headers = Vec::new();
            telemetry::inject(|name, value| headers.push((name, value)));
            assert_eq!(headers, [("traceparent", TRACEPARENT.to_owned()), ("tracestate", "vendor=1".to_owned())]);
        });
    });
}

#[tokio::test]
async fn a_trace_that_is_not_recorded_is_still_continued() {
    let collector = Collector::start().await;
    let scoped = Scoped::start(|options| {
        options.otlp_endpoint = Some(collector.endpoint.clone());
        options.sample_ratio = 0.0;
    });
    scoped.run(|| {
        let trace = Trace::fresh();
        let outgoing = telemetry::request_span(&trace, "GET", "/").in_scope(|| injected().unwrap());
        assert_eq!(&outgoing[..36], format!("00-{}-", trace.id()));
        assert_eq!(&outgoing[52..], "-00");
        assert_eq!(trace_of(&outgoing).id(), trace.id());
    });
}
