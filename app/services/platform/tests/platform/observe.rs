//! Logs, traces and metrics of requests, as their readers get them.

use otlptest::{Collector, hex};
use reqwest::Method;

use crate::answer::{get, request, send};
use crate::process::{PATIENCE, eventually};
use crate::shop::{Shop, add_film};

#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_a_callers_trace_are_flushed_at_the_stop() {
    let shop = Shop::new().await;
    let collector = Collector::start().await;
    let setup = shop.setup().with("telemetry.otlp_endpoint", &collector.endpoint);
    // Of traces begun here none is recorded: what arrives is the caller's decision.
    let process = setup.with("telemetry.sample_ratio", "0").ready().await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let traced = request(Method::GET, format!("{}/v1/movies", process.url));
    let answer = send(traced.header("traceparent", format!("00-{trace}-{parent}-01"))).await;
    assert_eq!(answer.status, 200);
    get(format!("{}/v1/movies", process.url)).await;
    process.stop().await;

    let spans = collector.spans();
    assert!(spans.iter().all(|span| hex(&span.trace_id) == trace), "{spans:?}");
    let root = spans.iter().find(|span| hex(&span.parent_span_id) == parent).expect("a span below the caller's");
    assert_eq!(root.name, "GET /v1/movies");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_id_is_on_the_answer_the_problem_and_the_log() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    let answer = get(format!("{}/v1/movies/unknown?colour=red", process.url)).await;
    let problem = answer.assert_problem(answer.status);
    let trace = problem["trace_id"].as_str().unwrap();
    assert_eq!(answer.header("x-request-id"), Some(trace));
    let line = process.logged_where("the request's line", |line| line["trace_id"] == trace).await;
    assert_eq!(line["message"], "request");
    assert_eq!(line["status"], answer.status);
    assert_eq!(line["route"], "/v1/movies/{id}");

    let traced = "4bf92f3577b34da6a3ce929d0e0e4736";
    let continued = request(Method::GET, format!("{}/v1/nowhere", process.url))
        .header("traceparent", format!("00-{traced}-00f067aa0ba902b7-00"))
        .header("x-request-id", "order-7");
    let answer = send(continued).await;
    assert_eq!(answer.assert_problem(404)["trace_id"], traced);
    assert_eq!(answer.header("x-request-id"), Some("order-7"));
    let line = process.logged_where("the request's line", |line| line["trace_id"] == traced).await;
    assert_eq!(line["request_id"], "order-7");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_by_template_and_tell_of_pool_and_process() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let process = shop.setup().ready().await;
    let path = add_film(&process, &token, "Alien").await;
    for _ in 0..3 {
        assert_eq!(get(format!("{}{path}", process.url)).await.status, 200);
    }
    get(format!("{}/v1/secret-path-{}", process.url, std::process::id())).await.assert_problem(404);

    let counted = r#"http_server_request_duration_seconds_count{method="GET",route="/v1/movies/{id}",status="200"} 3"#;
    let metrics = eventually(PATIENCE, async || {
        let metrics = get(format!("{}/metrics", process.debug)).await.body;
        // The figures of the pool are taken now and then.
        let is_there = metrics.contains(counted) && metrics.contains("db_pool_connections_max 4");
        is_there.then_some(metrics)
    });
    let metrics = metrics.await.expect("the figures should be there");
    for part in [
        r#"{method="POST",route="/v1/movies",status="201"} 1"#,
        r#"route="none",status="404"} 1"#,
        "db_pool_connections_idle ",
        "db_pool_acquired_total ",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "tokio_workers_count ",
        r#"build_info{service="platform""#,
    ] {
        assert!(metrics.contains(part), "{part} is missing:\n{metrics}");
    }
    let id = path.rsplit('/').next().unwrap();
    assert!(!metrics.contains(id) && !metrics.contains("secret-path"), "{metrics}");
    let on_public = get(format!("{}/metrics", process.url)).await;
    on_public.assert_problem(404);
    process.stop().await;
}
