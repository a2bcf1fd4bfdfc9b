//! What the log tells of a request, and what it never tells.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{Server, client, logs};

/// The lines of a trace, once there are so many.
async fn lines(trace_id: &str, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let text = String::from_utf8(logs().lock().unwrap().clone()).unwrap();
        let found: Vec<Value> = text
            .lines()
            .filter(|line| line.contains(trace_id))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        if found.len() >= count || begun.elapsed() > Duration::from_secs(5) {
            assert_eq!(found.len(), count, "{found:#?}");
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn traceparent(id: &str) -> String {
    format!("00-{id}-b7ad6b7169203331-00")
}

#[actix_web::test]
async fn a_request_is_one_line_and_a_failure_one_more_with_its_cause() {
    let server = Server::start().await;
    let ask = |path: &str, id: &str| {
        let request = client().get(server.url(path)).header("traceparent", traceparent(id));
        request.header("authorization", "Bearer editor").send()
    };
    let id = "11111111111111111111111111111111";
    ask("/v1/large/7?token=hush", id).await.unwrap();
    let line = &lines(id, 1).await[0];
    assert_eq!((&line["method"], &line["route"]), (&"GET".into(), &"/v1/large/{size}".into()), "{line}");
    assert_eq!(line["status"], 200, "{line}");
    assert!(line["duration_ms"].is_number() && line["user_id"].is_string() && line["client"] == "127.0.0.1", "{line}");

    for (path, id, cause) in [
        ("/v1/fault", "22222222222222222222222222222222", "relation \"secrets\" does not exist"),
        ("/v1/panic", "33333333333333333333333333333333", "panic: the handler's secret"),
    ] {
        ask(path, id).await.unwrap();
        let lines = lines(id, 2).await;
        assert_eq!(lines[0]["cause"], cause, "{lines:?}");
        assert_eq!(lines[0]["level"].as_str().unwrap().to_lowercase(), "error", "{lines:?}");
        assert_eq!(lines[1]["status"], 500, "{lines:?}");
    }
}

#[actix_web::test]
async fn a_client_that_leaves_is_499_and_no_failure_of_ours() {
    let mut server = Server::start().await;
    let id = "44444444444444444444444444444444";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /v1/wait HTTP/1.1\r\nhost: a\r\ntraceparent: {}\r\n\r\n", traceparent(id));
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(server.told.recv().await, Some("waits"));
    drop(stream);
    let line = &lines(id, 1).await[0];
    assert_eq!(line["status"], 499, "{line}");
    assert_eq!(line["level"].as_str().unwrap().to_lowercase(), "info", "{line}");
}

#[actix_web::test]
async fn neither_query_nor_credentials_nor_body_are_logged() {
    let server = Server::start().await;
    let id = "55555555555555555555555555555555";
    let request = client().post(server.url("/v1/things?key=QuerySecret")).header("traceparent", traceparent(id));
    let request = request.header("authorization", "Bearer TokenSecret").header("content-type", "application/json");
    request.body(r#"{"name":"BodySecret"}"#).send().await.unwrap();
    lines(id, 1).await;
    let text = String::from_utf8(logs().lock().unwrap().clone()).unwrap();
    for secret in ["QuerySecret", "TokenSecret", "BodySecret"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
