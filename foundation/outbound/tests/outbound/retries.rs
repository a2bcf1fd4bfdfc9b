//! When a call is repeated, and when it is not.

use std::time::Duration;

use outbound::{Call, Client, Error, Method, Options, StatusCode};
use tokio::time::Instant;

use crate::server::{Act, Server, status, text};
use crate::{client, get, options, post, soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_recovers_is_waited_for() {
    for code in [429, 502, 503, 504] {
        let server = Server::in_turn(vec![status(code, ""), status(code, ""), status(200, "here")]).await;
        let answer = get(&client(), &server).await.unwrap();
        assert_eq!((answer.status, answer.attempts, server.seen().len()), (StatusCode::OK, 3, 3), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_off_are_met_by_another_attempt() {
    let part = text(200, "", "the whole answer")[..50].to_owned();
    for act in [
        Act::SayAndClose(String::new()),
        Act::SayAndReset(String::new()),
        Act::SayAndClose(part.clone()),
        Act::SayAndReset(part),
        Act::SayAndClose("this is no HTTP\r\n\r\n".to_owned()),
    ] {
        let server = Server::in_turn(vec![act, status(200, "the whole answer")]).await;
        let answer = get(&client(), &server).await.unwrap();
        assert_eq!((answer.body.as_ref(), answer.attempts), (b"the whole answer".as_slice(), 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_happened_is_not_done_again_without_a_key() {
    for act in [Act::SayAndClose(String::new()), Act::SayAndReset(String::new()), status(503, "")] {
        let server = Server::in_turn(vec![act, status(200, "")]).await;
        let error = post(&client(), &server).await.unwrap_err();
        assert!(error.may_have_happened() && error.attempts() == 1, "{error:?}");
        assert_eq!(server.seen().len(), 1);
    }
    for code in [502, 504] {
        let server = Server::in_turn(vec![status(code, ""), status(200, "")]).await;
        assert_eq!(post(&client(), &server).await.unwrap().status.as_u16(), code);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_a_key_is_sent_again_as_it_was() {
    let server = Server::in_turn(vec![Act::SayAndReset(String::new()), status(503, ""), status(201, "")]).await;
    let call = Call::new(Method::POST, server.url("/payments"))
        .header("idempotency-key", "4f9c1e")
        .unwrap()
        .body("{\"amount\": 990}");
    let answer = client().call(call, soon()).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (StatusCode::CREATED, 3));
    let seen = server.seen();
    assert!(seen[0].contains("idempotency-key: 4f9c1e") && seen[0].ends_with("{\"amount\": 990}"), "{seen:?}");
    assert!(seen.iter().all(|request| *request == seen[0]), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_or_never_sent_can_be_done_again_without_a_key() {
    let server = Server::in_turn(vec![status(429, ""), status(200, "")]).await;
    assert_eq!(post(&client(), &server).await.unwrap().attempts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_retry_the_last_answer_counts() {
    let client = Client::new(Options { retries: 2, ..options() }).unwrap();
    let server = Server::always(Act::Say(text(503, "retry-after: 0\r\n", ""))).await;
    let error = get(&client, &server).await.unwrap_err();
    let Error::Overloaded { attempts: 3, status: StatusCode::SERVICE_UNAVAILABLE, retry_after, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::ZERO));
    let server = Server::always(status(502, "bad")).await;
    let answer = get(&client, &server).await.unwrap();
    assert_eq!((answer.status, answer.attempts, server.seen().len()), (StatusCode::BAD_GATEWAY, 3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_left_alone_as_long_as_it_asks() {
    let server = Server::in_turn(vec![Act::Say(text(503, "retry-after: 1\r\n", "")), status(200, "")]).await;
    let begun = Instant::now();
    assert_eq!(get(&client(), &server).await.unwrap().attempts, 2);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_come_after_the_deadline_is_told_at_once() {
    let server = Server::in_turn(vec![Act::Say(text(429, "retry-after: 3600\r\n", "")), status(200, "")]).await;
    let begun = Instant::now();
    let error = get(&client(), &server).await.unwrap_err();
    let Error::Overloaded { attempts: 1, status: StatusCode::TOO_MANY_REQUESTS, retry_after, sent: false } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
