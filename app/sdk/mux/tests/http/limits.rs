//! Quotas, overload, clients that leave, the drain.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use mux::Quota;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Server, client, parts, problem, read_to_end, settings};

fn quota(per_second: u32, burst: u32) -> mux::Settings {
    let [per_second, burst] = [per_second, burst].map(|number| NonZeroU32::new(number).unwrap());
    mux::Settings { quota: Some(Quota { per_second, burst }), ..settings() }
}

#[actix_web::test]
async fn a_client_is_told_its_quota_and_refused_beyond_it() {
    let server = Server::with(quota(1, 3)).await;
    for left in [2, 1, 0] {
        let answer = server.get("/v1/nothing").await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"default\";q=3;w=3");
        let standing = answer.headers()["ratelimit"].to_str().unwrap();
        assert!(standing.starts_with(&format!("\"default\";r={left};t=")), "{standing}");
    }
    let answer = server.get("/v1/nothing").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(answer.headers()["ratelimit"].to_str().unwrap().starts_with("\"default\";r=0;t=1"));
    problem(answer, 429, "quota-exceeded").await;
    assert_eq!(server.get("/health").await.status(), 200);
}

#[actix_web::test]
async fn what_is_open_to_everyone_is_bounded_and_health_alone_is_not() {
    let server = Server::with(quota(1, 2)).await;
    let ask = |path: &'static str| client().get(server.url(path)).header("authorization", "Bearer wrong").send();
    for status in [200, 200, 429] {
        assert_eq!(ask("/openapi.json").await.unwrap().status(), status);
    }
    for path in ["/docs", "/docs/swagger-ui-bundle.js", "/problems", "/problems/not-found"] {
        let answer = ask(path).await.unwrap();
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        problem(answer, 429, "quota-exceeded").await;
    }
    let answer = ask("/health").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("ratelimit")), (200, false));
}

#[actix_web::test]
async fn a_user_has_a_quota_of_its_own_and_bad_credentials_count_against_the_address() {
    let server = Server::with(quota(1, 2)).await;
    let ask = |token: &'static str| client().get(server.url("/v1/large/1")).header("authorization", token).send();
    for status in [401, 401, 429] {
        assert_eq!(ask("Bearer wrong").await.unwrap().status(), status);
    }
    for status in [200, 200, 429] {
        assert_eq!(ask("Bearer editor").await.unwrap().status(), status);
    }
}

#[actix_web::test]
async fn the_address_comes_from_a_trusted_proxy_alone() {
    for (trusted, second) in [(vec!["127.0.0.0/8".parse().unwrap()], 404), (vec![], 429)] {
        let server = Server::with(mux::Settings { trusted_proxies: trusted, ..quota(1, 1) }).await;
        let ask = |from: &'static str| client().get(server.url("/v1/nothing")).header("x-forwarded-for", from).send();
        assert_eq!(ask("203.0.113.1").await.unwrap().status(), 404);
        assert_eq!(ask("203.0.113.2").await.unwrap().status(), second);
        assert_eq!(ask("6.6.6.6, 203.0.113.1").await.unwrap().status(), 429);
    }
}

#[actix_web::test]
async fn an_overloaded_service_refuses_at_once_and_stays_healthy() {
    let mut server = Server::with(mux::Settings { max_in_flight: 2, ..settings() }).await;
    let waiting: Vec<_> = (0..2).map(|_| actix_web::rt::spawn(client().get(server.url("/v1/wait")).send())).collect();
    for _ in 0..2 {
        assert_eq!(server.told.recv().await, Some("waits"));
    }
    let answer = server.get("/v1/large/1").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    problem(answer, 503, "unavailable").await;
    problem(server.get("/openapi.json").await, 503, "unavailable").await;
    assert_eq!(server.get("/health").await.status(), 200);
    server.hands.gate.add_permits(2);
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(server.get("/v1/large/1").await.status(), 200);
}

#[actix_web::test]
async fn work_ends_soon_when_its_client_leaves() {
    let mut server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /v1/wait HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(server.told.recv().await, Some("waits"));
    let left = Instant::now();
    drop(stream);
    assert_eq!(server.told.recv().await, Some("dropped"));
    assert!(left.elapsed() < Duration::from_secs(5));
}

#[actix_web::test]
async fn a_client_that_stays_is_waited_for_whatever_it_sends_meanwhile() {
    let mut server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /v1/wait HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(server.told.recv().await, Some("waits"));
    // A whole request, and half of another.
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET /health HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(server.told.try_recv().is_err());
    server.hands.gate.add_permits(1);
    assert_eq!(server.told.recv().await, Some("finished"));
    stream.write_all(b"host: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let answers = read_to_end(&mut stream).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
}

#[actix_web::test]
async fn work_goes_on_without_its_client_where_that_is_wanted() {
    let mut server = Server::with(mux::Settings { cancel_abandoned: false, ..settings() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /v1/wait HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(server.told.recv().await, Some("waits"));
    stream.shutdown().await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    server.hands.gate.add_permits(1);
    assert_eq!(server.told.recv().await, Some("finished"));
}

#[actix_web::test]
async fn a_short_answer_still_reaches_a_client_that_has_closed_its_side() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(parts(&read_to_end(&mut stream).await).0, 200);
}

#[actix_web::test]
async fn while_draining_every_answer_closes_its_connection() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // Its first answer is on its way before the drain begins.
    let mut first = [0; 4];
    stream.read_exact(&mut first).await.unwrap();
    server.api.drain();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let answers = String::from_utf8_lossy(&first).into_owned() + &read_to_end(&mut stream).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(answers.to_lowercase().matches("connection: close").count(), 1, "{answers}");
    let refused = server.raw(b"GET /v1/nothing HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(refused.to_lowercase().contains("connection: close"), "{refused}");
}

#[actix_web::test]
async fn a_stop_waits_for_requests_in_flight() {
    let mut server = Server::start().await;
    let waiting = actix_web::rt::spawn(client().get(server.url("/v1/wait")).send());
    assert_eq!(server.told.recv().await, Some("waits"));
    let hands = actix_web::web::Data::clone(&server.hands);
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        hands.gate.add_permits(1);
    };
    tokio::join!(server.running.stop(), release);
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "waited".into()));
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[actix_web::test]
async fn a_body_that_drips_is_408_and_the_end_of_its_connection() {
    let settings = mux::Settings { body_timeout: Duration::from_millis(300), ..settings() };
    let server = Server::with(settings).await;
    for (framing, drop) in [("content-length: 1000", "x"), ("transfer-encoding: chunked", "1\r\nx\r\n")] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST /v1/things HTTP/1.1\r\nhost: a\r\nauthorization: Bearer editor\r\n\
             content-type: application/json\r\n{framing}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let drip = async {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if writer.write_all(drop.as_bytes()).await.is_err() {
                    break;
                }
            }
        };
        let mut answer = Vec::new();
        let begun = Instant::now();
        let (read, ()) = tokio::join!(tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer), drip);
        assert!(begun.elapsed() < Duration::from_secs(4), "{framing}");
        // Who still drips may be reset after the answer.
        let _ = read;
        let answer = String::from_utf8(answer).unwrap();
        let (status, head, body) = parts(&answer);
        assert!(status == 408 && head.contains("connection: close"), "{answer}");
        assert!(body.contains("/problems/request-timeout"), "{answer}");
    }
}
