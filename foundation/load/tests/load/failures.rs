//! What goes wrong is counted by what it is.

use std::time::Duration;

use load::{FIRST_FAILURES, Run};

use crate::counts::adds_up;
use crate::server::{Server, ok, plan, run};

fn outcomes(run: &Run) -> Vec<(String, u64)> {
    run.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_has_no_latency() {
    let server = Server::of_good_answers().await;
    let route = server.route("/").await;
    server.stop().await;
    let run = run(&plan(route, 200.0, 100)).await;
    adds_up(&run);
    assert_eq!(outcomes(&run), [("connection refused".to_owned(), 20)]);
    assert_eq!((run.latency.count(), run.rate()), (0, 0.0));
    assert_eq!(run.first_failures.len(), FIRST_FAILURES);
    assert_eq!(run.first_failures[0].route, "GET /");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_told_apart_by_status_and_problem() {
    let problem = |kind: &str| {
        let body = format!("{{\"type\": \"{kind}\"}}");
        format!(
            "HTTP/1.1 503 No\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let server = Server::start(move |number, _| async move {
        Some(match number % 5 {
            0 => ok("fine"),
            1 => "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n".to_owned(),
            2 => problem("/problems/unavailable"),
            3 => problem("/problems/busy"),
            _ => "HTTP/1.1 304 Same\r\n\r\n".to_owned(),
        })
    })
    .await;
    let run = run(&plan(server.route("/").await, 250.0, 200)).await;
    adds_up(&run);
    let expected =
        [("200", 10), ("304", 10), ("404", 10), ("503 /problems/busy", 10), ("503 /problems/unavailable", 10)];
    assert_eq!(outcomes(&run), expected.map(|(outcome, count)| (outcome.to_owned(), count)));
    assert_eq!((run.good, run.bad()), (20, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_exchange_is_no_answer() {
    for (answer, expected) in [
        (None, "connection closed before the answer"),
        (Some("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()), "timeout"),
        (Some("SSH-2.0-OpenSSH_9.2\r\n".to_owned()), "the answer is not HTTP"),
    ] {
        let server = Server::start(move |_, _| std::future::ready(answer.clone())).await;
        let mut plan = plan(server.route("/").await, 100.0, 50);
        plan.timeout = Duration::from_secs(2);
        let run = run(&plan).await;
        adds_up(&run);
        assert_eq!(outcomes(&run), [(expected.to_owned(), 5)]);
        assert_eq!(run.good, 0);
    }
}
