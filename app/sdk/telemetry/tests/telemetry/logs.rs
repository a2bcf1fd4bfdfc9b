//! What a log line looks like, and what is never in one.

use std::{fmt, time::Duration};

use telemetry::{Format, Output, Trace};

use crate::{Scoped, TRACE_ID, TRACEPARENT, trace_of};

#[derive(Debug, thiserror::Error)]
#[error("the film was not stored")]
struct NotStored(#[source] Refused);

#[derive(Debug, thiserror::Error)]
#[error("connection refused")]
struct Refused;

/// The lines without their times, which are checked to be times.
fn timeless(lines: &str) -> String {
    let without = lines.lines().map(|line| {
        let (head, rest) = line.split_at("{\"timestamp\":\"2026-11-21T12:00:00.000000Z\"".len());
        assert!(head.starts_with("{\"timestamp\":\"2") && head.ends_with("Z\"") && &head[24..25] == "T", "{head}");
        format!("{{..{rest}")
    });
    without.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_json_line_reads_alone() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        let trace = trace_of(TRACEPARENT);
        let span = telemetry::request_span(&trace, "POST", "/v1/movies");
        span.in_scope(|| {
            telemetry::annotate("user_id", "0190-7");
            let error = NotStored(Refused);
            tracing::error!(error = &error as &dyn std::error::Error, attempt = 2_u32, "no film");
            let inner = tracing::info_span!("import", row = 7, method = "inner", later = tracing::field::Empty);
            inner.record("later", "\"quoted\"\n");
            inner.in_scope(|| tracing::info!(ratio = 0.5, ok = true, size = -3, level = "mine", nan = f64::NAN, "row"));
        });
        telemetry::request_done(&span, 503, Duration::from_micros(1_234));
        drop(span);
        tracing::info!("outside");
    });
    insta::assert_snapshot!(timeless(&scoped.lines().await), @r#"
        {..,"level":"ERROR","message":"no film","error":"the film was not stored: connection refused","attempt":2,"method":"POST","route":"/v1/movies","user_id":"0190-7","trace_id":"0af7651916cd43dd8448eb211c80319c","target":"telemetry::logs"}
        {..,"level":"INFO","message":"row","ratio":0.5,"ok":true,"size":-3,"field_level":"mine","nan":"NaN","row":7,"method":"inner","later":"\"quoted\"\n","route":"/v1/movies","user_id":"0190-7","trace_id":"0af7651916cd43dd8448eb211c80319c","target":"telemetry::logs"}
        {..,"level":"WARN","message":"request","status":503,"duration_ms":1.234,"method":"POST","route":"/v1/movies","user_id":"0190-7","trace_id":"0af7651916cd43dd8448eb211c80319c","target":"http"}
        {..,"level":"INFO","message":"outside","target":"telemetry::logs"}
        "#);
}

#[tokio::test]
async fn every_line_is_one_json_object_whatever_is_logged() {
    let scoped = Scoped::start(|_| ());
    let hostile = "a\"b\\c\nd\u{0}e\u{7f}f\u{2028}g}{,";
    scoped.run(|| {
        let span = tracing::info_span!("work", hostile);
        span.in_scope(|| tracing::info!(value = hostile, debug = ?hostile, display = %hostile, "{hostile}"));
    });
    let lines = scoped.lines().await;
    assert_eq!(lines.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(line["value"], hostile);
    assert_eq!(line["hostile"], hostile);
    assert_eq!(line["display"], hostile);
    assert_eq!(line["message"], hostile);
}

#[tokio::test]
async fn a_line_for_eyes_is_one_line() {
    let scoped = Scoped::start(|options| options.format = Format::Pretty);
    scoped.run(|| {
        let span = telemetry::request_span(&trace_of(TRACEPARENT), "GET", "/v1/movies/{id}");
        span.in_scope(|| tracing::warn!(title = "The\n\u{1b}[31mGodfather", "odd title"));
    });
    let lines = scoped.lines().await;
    let (clock, rest) = lines.split_at("12:00:00.000".len());
    assert_eq!(clock.matches(':').count(), 2, "{clock}");
    insta::assert_snapshot!(rest, @r#"  WARN odd title title=The\n\u{1b}[31mGodfather method=GET route=/v1/movies/{id} trace_id=0af7651916cd43dd8448eb211c80319c telemetry::logs"#);
}

#[tokio::test]
async fn a_request_without_a_traceparent_has_a_trace_id_of_its_own() {
    let scoped = Scoped::start(|_| ());
    let trace = Trace::fresh();
    scoped.run(|| {
        let span = telemetry::request_span(&trace, "GET", "/livez");
        assert_eq!(span.in_scope(telemetry::current_trace_id), Some(trace.id()));
        assert_eq!(telemetry::current_trace_id(), None);
        telemetry::request_done(&span, 200, Duration::ZERO);
    });
    let line: serde_json::Value = serde_json::from_str(&scoped.lines().await).unwrap();
    assert_eq!(line["trace_id"], trace.id().as_str());
}

#[tokio::test]
async fn a_quiet_filter_keeps_the_trace_id() {
    let scoped = Scoped::start(|options| options.filter = "error".to_owned());
    scoped.run(|| {
        let span = telemetry::request_span(&trace_of(TRACEPARENT), "GET", "/v1/movies");
        span.in_scope(|| {
            tracing::info!("not heard");
            tracing::error!("heard");
        });
        telemetry::request_done(&span, 200, Duration::ZERO);
    });
    let lines = scoped.lines().await;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains(TRACE_ID), "{lines}");
}

#[tokio::test]
async fn the_filter_changes_while_the_process_runs() {
    let scoped = Scoped::start(|_| ());
    let say = || scoped.run(|| tracing::debug!("detail"));
    say();
    scoped.telemetry.set_filter("debug").unwrap();
    say();
    scoped.telemetry.set_filter("off").unwrap();
    say();
    assert!(scoped.telemetry.set_filter("info,films=loud").is_err());
    assert_eq!(scoped.lines().await.matches("detail").count(), 1);
}

#[tokio::test]
async fn libraries_that_chat_are_quiet_unless_they_are_named() {
    let say = |scoped: &Scoped| {
        scoped.run(|| {
            tracing::info!(target: "h2::codec", "chatter");
            tracing::warn!(target: "h2::codec", "trouble");
        });
    };
    let quiet = Scoped::start(|_| ());
    say(&quiet);
    let quiet = quiet.lines().await;
    assert!(!quiet.contains("chatter") && quiet.contains("trouble"), "{quiet}");
    let named = Scoped::start(|options| options.filter = "info,h2=info".to_owned());
    say(&named);
    assert!(named.lines().await.contains("chatter"));
}

#[tokio::test]
async fn no_secret_is_logged_by_name_or_by_shape() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        let span = telemetry::request_span(&Trace::fresh(), "POST", "/v1/auth/login");
        span.in_scope(|| {
            telemetry::annotate("email", "ada@example.com");
            telemetry::annotate("note", format_args!("from {}", "ada@example.com"));
            let refused = std::io::Error::other("postgres://app:hunter2@db refused ada@example.com");
            tracing::error!(
                password = "hunter2",
                refresh_token = %"hunter2",
                body = ?["hunter2"],
                error = &refused as &dyn std::error::Error,
                header = "Bearer hunter2",
                jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2",
                "login of {} failed",
                "ada@example.com"
            );
            tracing::info_span!("inner", email = "ada@example.com", secret = 7).in_scope(|| tracing::info!("more"));
        });
    });
    let lines = scoped.lines().await;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    for secret in ["hunter2", "ada@", "eyJ", ":7"] {
        assert!(!lines.lines().any(|line| line[50..].contains(secret)), "{secret} in {lines}");
    }
    assert!(lines.contains("login of *** failed"), "{lines}");
    assert!(lines.contains("postgres://***@db refused ***"), "{lines}");
}

/// A value that logs while it is written, as a careless `Debug` may.
struct Chatty;

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!(inner = %"said", "while writing");
        f.write_str("chatty")
    }
}

#[tokio::test]
async fn a_value_that_logs_while_it_is_written_does_no_harm() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| {
        let span = telemetry::request_span(&Trace::fresh(), "GET", "/");
        span.in_scope(|| {
            telemetry::annotate("note", Chatty);
            tracing::info_span!("inner", chatty = %Chatty).in_scope(|| tracing::info!(value = %Chatty, "outer"));
        });
    });
    let lines = scoped.lines().await;
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{lines}");
    let outer = lines.lines().find(|line| line.contains("\"outer\"")).unwrap();
    assert_eq!(outer.matches(":\"chatty\"").count(), 3, "{outer}");
}

#[tokio::test]
async fn a_file_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("films.log");
    for _ in 0..2 {
        let scoped = Scoped::start(|options| options.output = Output::File(path.clone()));
        scoped.run(|| tracing::info!("one line"));
        scoped.lines().await;
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    let nowhere = crate::options(Output::File(folder.path().join("absent/films.log")));
    let error = telemetry::build(nowhere).expect_err("the folder does not exist");
    assert!(error.to_string().contains("absent/films.log"), "{error}");
}

#[tokio::test]
async fn a_filter_without_meaning_is_an_error() {
    let mut options = crate::options(Output::Stdout);
    options.filter = "films=loud".to_owned();
    assert!(matches!(telemetry::build(options), Err(telemetry::Error::Filter { .. })));
}

#[tokio::test]
async fn what_was_logged_is_written_also_when_nobody_stops_it() {
    let scoped = Scoped::start(|_| ());
    scoped.run(|| tracing::info!("last words"));
    let lines = scoped.lines.clone();
    drop(scoped);
    assert!(lines.text().contains("last words"));
}
