//! What is kept of requests in memory.

use std::time::Duration;

use telemetry::recorder::{self, Asked, Filter, Keep, Kind, Note, SLOW};
use telemetry::{Trace, annotate, request_done, request_span, task_span};

use crate::{Scoped, TRACE_ID, TRACEPARENT, trace_of};

const MS: Duration = Duration::from_millis(1);

fn asked(target: &str) -> Asked<'_> {
    Asked { target, has_credentials: true, has_body: false, is_probe: false }
}

/// A request that does `work`, and is answered.
fn serve(trace: &Trace, status: u16, took: Duration, work: impl FnOnce()) {
    let span = request_span(trace, "GET", "/v1/movies/{id}");
    recorder::asked(&span, &asked("/v1/movies/7?q=a"), |name| (name == "if-match").then_some("\"1\""));
    span.in_scope(work);
    request_done(&span, status, took);
}

#[tokio::test]
async fn a_request_is_kept_with_its_statements_its_lines_and_its_calls() {
    let scoped = Scoped::start(|options| options.filter = "error".to_owned());
    scoped.run(|| {
        serve(&trace_of(TRACEPARENT), 200, 12 * MS, || {
            annotate("user_id", 7);
            recorder::statement("SELECT 1", 3, 2 * MS, MS, None);
            tracing::warn!(seats = 2, "nearly full");
            let call = tracing::info_span!("GET /v1/payee", otel.kind = "client", attempts = tracing::field::Empty);
            call.in_scope(|| recorder::statement("SELECT 2", 0, MS, Duration::ZERO, Some("cut off")));
            call.record("attempts", 2);
        });
    });
    let found = scoped.telemetry.requests().find(TRACE_ID);
    let [request] = found.as_slice() else { panic!("{found:?}") };
    let summary = &request.summary;
    assert_eq!((summary.kind, summary.method, summary.status), (Kind::Request, "GET", Some(200)));
    assert_eq!((summary.name, summary.target.as_str()), ("/v1/movies/{id}", "/v1/movies/7?q=a"));
    assert_eq!((summary.statements, summary.took, summary.warnings), ((2, 3 * MS), 12 * MS, 1));
    assert_eq!(request.headers, [("if-match", "\"1\"".to_owned())]);
    assert_eq!(request.fields, [("user_id", "7".to_owned())]);
    assert!(request.has_credentials && !request.has_body);
    let mut kinds = Vec::new();
    for (_, note) in &request.notes {
        kinds.push(match note {
            Note::Statement { sql, rows, failure, .. } => format!("{sql} {rows} {failure:?}"),
            Note::Line { level, message, fields, .. } => format!("{level} {message} {fields:?}"),
            Note::Work { name, fields, took } => format!("{name} {fields:?} {}", took.is_some()),
        });
    }
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "GET /v1/payee [(\"attempts\", \"2\")] true",
            "SELECT 1 3 None",
            "SELECT 2 0 Some(\"cut off\")",
            "WARN nearly full [(\"seats\", \"2\")]",
        ]
    );
    let problems = scoped.telemetry.requests().problems(10);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.message.as_str(), problem.trace_id.as_deref()), ("nearly full", Some(TRACE_ID)));
    assert_eq!(problem.within.as_deref(), Some("GET /v1/movies/{id}"));
    assert_eq!(scoped.lines().await, "", "the log has a filter of its own");
}

#[tokio::test]
async fn a_job_is_kept_with_the_trace_of_the_request_that_left_it_and_a_task_of_nobody_is_not() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        for trace in [trace_of(TRACEPARENT), Trace::fresh()] {
            task_span(&trace, "mail").in_scope(|| recorder::statement("SELECT 1", 1, MS, MS, None));
        }
    });
    let kept = scoped.telemetry.requests().query(&Filter::default(), 10);
    let [job] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((job.kind, job.name, job.trace_id.as_str()), (Kind::Task, "mail", TRACE_ID));
    assert_eq!(job.statements.0, 1);
}

#[tokio::test]
async fn in_production_failures_and_slow_ones_are_kept_and_one_of_a_hundred() {
    let scoped = Scoped::start(|options| options.keep = Some(Keep::SAMPLE));
    scoped.run(|| {
        for _ in 0..200 {
            serve(&Trace::fresh(), 200, MS, || ());
        }
        serve(&Trace::fresh(), 500, MS, || ());
        serve(&Trace::fresh(), 200, SLOW, || ());
    });
    let requests = scoped.telemetry.requests();
    assert_eq!((requests.size().0, requests.one_of()), (4, 100));
    let count = |filter: Filter| requests.query(&filter, 100).len();
    assert_eq!(count(Filter { status: Some((500, 599)), ..Filter::default() }), 1);
    assert_eq!(count(Filter { at_least: Some(SLOW), ..Filter::default() }), 1);
}

/// The bytes of the texts that are kept.
fn texts(requests: &recorder::Requests) -> usize {
    let fields = |fields: &[(&'static str, String)]| fields.iter().map(|(_, value)| value.len()).sum::<usize>();
    let kept = requests.query(&Filter::default(), usize::MAX);
    let recorded = kept.iter().flat_map(|summary| requests.find(&summary.trace_id));
    recorded
        .flat_map(|recorded| recorded.notes)
        .map(|(_, note)| match note {
            Note::Statement { sql, .. } => sql.len(),
            Note::Line { target, message, fields: own, .. } => target.len() + message.len() + fields(&own),
            Note::Work { fields: own, .. } => fields(&own),
        })
        .sum()
}

#[tokio::test]
async fn neither_shedding_nor_slow_clients_drive_out_what_failed() {
    let scoped = Scoped::start(|options| options.keep = Some(Keep::SAMPLE));
    scoped.run(|| {
        serve(&trace_of(TRACEPARENT), 500, MS, || tracing::error!("the cause"));
        for _ in 0..2000 {
            serve(&Trace::fresh(), 503, MS, || ());
            serve(&Trace::fresh(), 200, SLOW, || ());
        }
        for _ in 0..500 {
            serve(&Trace::fresh(), 503, MS, || tracing::error!("no connection is free"));
        }
    });
    let requests = scoped.telemetry.requests();
    assert_eq!(requests.find(TRACE_ID).len(), 1);
    let problems: Vec<_> = requests.problems(10).into_iter().map(|problem| (problem.message, problem.times)).collect();
    assert_eq!(problems, [("no connection is free".to_owned(), 500), ("the cause".to_owned(), 1)]);
}

#[tokio::test]
async fn what_goes_wrong_after_the_head_of_an_answer_is_kept_as_well() {
    let scoped = Scoped::start(|options| options.keep = Some(Keep { one_of: u64::MAX }));
    scoped.run(|| {
        serve(&Trace::fresh(), 200, MS, || ());
        let span = request_span(&trace_of(TRACEPARENT), "GET", "/v1/sales");
        request_done(&span, 200, MS);
        for _ in 0..2 {
            span.in_scope(|| tracing::warn!("the download broke off"));
        }
    });
    let found = scoped.telemetry.requests().find(TRACE_ID);
    let [download] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((download.summary.warnings, download.notes.len()), (2, 2));
}

#[tokio::test]
async fn whatever_comes_there_is_a_bound_and_what_failed_outlives_the_rest() {
    let scoped = Scoped::start(|_| ());
    let sql = "SELECT ".repeat(4000);
    scoped.run(|| {
        serve(&trace_of(TRACEPARENT), 500, MS, || ());
        for _ in 0..1500 {
            serve(&Trace::fresh(), 200, MS, || {
                recorder::statement(&sql, 1, MS, MS, None);
                tracing::info!(a = sql, b = sql, c = sql, d = sql, "{sql}");
                let work = tracing::info_span!("work", e = tracing::field::Empty);
                work.record("e", &sql);
            });
        }
        serve(&trace_of("00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), 200, MS, || {
            for _ in 0..400 {
                recorder::statement("SELECT 1", 1, MS, MS, None);
            }
        });
    });
    let requests = scoped.telemetry.requests();
    let (kept, bytes) = requests.size();
    assert!(kept <= 1001 && bytes <= 8 * 1024 * 1024 + 64 * 1024, "{kept} in {bytes}");
    assert!(texts(&requests) <= bytes, "{} bytes of text are more than {bytes}", texts(&requests));
    assert_eq!(requests.find(TRACE_ID).len(), 1, "it failed");
    let many = &requests.find("1af7651916cd43dd8448eb211c80319c")[0];
    assert_eq!((many.notes.len(), many.dropped, many.summary.statements.0), (300, 100, 400));
}

#[tokio::test]
async fn a_probe_that_found_nothing_wrong_leaves_nothing() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        for status in [200, 503] {
            let span = request_span(&Trace::fresh(), "GET", "/readyz");
            recorder::asked(&span, &Asked { is_probe: true, ..asked("/readyz") }, |_| None);
            request_done(&span, status, MS);
        }
    });
    let kept = scoped.telemetry.requests().query(&Filter::default(), 10);
    assert_eq!(kept.iter().map(|kept| kept.status).collect::<Vec<_>>(), [Some(503)]);
}

#[tokio::test]
async fn nothing_private_is_kept() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        let span = request_span(&trace_of(TRACEPARENT), "GET", "/v1/users");
        recorder::asked(&span, &asked("/v1/users?email=ada%40example.com&token=abc"), |name| {
            (name == "idempotency-key").then_some("for-ada@example.com")
        });
        span.in_scope(|| {
            annotate("cause", "Key (email)=(ada@example.com) already exists");
            annotate("refresh_token", "abc");
            tracing::error!(password = "hunter2", "no mail for ada@example.com with Bearer abc");
        });
        request_done(&span, 500, MS);
    });
    let requests = scoped.telemetry.requests();
    let all = format!("{:?} {:?}", requests.find(TRACE_ID), requests.problems(10));
    for secret in ["ada", "abc", "hunter2"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn requests_are_found_by_route_status_time_and_text() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        serve(&trace_of(TRACEPARENT), 200, MS, || ());
        serve(&Trace::fresh(), 404, 20 * MS, || annotate("user_id", "0190A6E0"));
    });
    let requests = scoped.telemetry.requests();
    let statuses = |filter: Filter| -> Vec<u16> {
        requests.query(&filter, 10).iter().filter_map(|summary| summary.status).collect()
    };
    let text = |text: &str| Filter { text: Some(text.to_owned()), ..Filter::default() };
    let route = |route: &str| Filter { route: Some(route.to_owned()), ..Filter::default() };
    assert_eq!(statuses(Filter::default()), [404, 200], "the newest first");
    assert_eq!(statuses(text(TRACE_ID)), [200]);
    assert_eq!(statuses(text("0190a6e0")), [404]);
    assert_eq!(statuses(text("MOVIES/7")), [404, 200]);
    assert_eq!(statuses(route("GET /v1/movies/{id}")), [404, 200]);
    assert_eq!(statuses(route("POST /v1/movies/{id}")), [0; 0]);
    assert_eq!(statuses(Filter { at_least: Some(10 * MS), ..Filter::default() }), [404]);
    let newest = requests.query(&Filter::default(), 1)[0].number;
    assert_eq!(statuses(Filter { before: Some(newest), ..Filter::default() }), [200]);
}
