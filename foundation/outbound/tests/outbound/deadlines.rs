//! The one deadline, wherever the time went.

use std::time::Duration;

use outbound::{Answer, Call, Client, Error, Options};
use tokio::time::Instant;

use crate::server::{Act, Server, status, text};
use crate::{client, options, post, soon};

const SHORT: Duration = Duration::from_secs(1);

/// The error of a call that has so long, and that it came in time, though on a busy machine.
async fn cut_off(client: &Client, call: Call) -> Error {
    let begun = Instant::now();
    let error = client.call(call, begun + SHORT).await.unwrap_err();
    let taken = begun.elapsed();
    assert!(taken >= SHORT && taken < SHORT + Duration::from_secs(2), "{taken:?}");
    error
}

/// Waits until so many requests have arrived; the call stays without an answer.
async fn arrives(call: &mut (impl Future<Output = Result<Answer, Error>> + Unpin), server: &Server, requests: usize) {
    while server.seen().len() < requests {
        let step = tokio::time::timeout(Duration::from_millis(5), &mut *call).await;
        assert!(step.is_err(), "it hangs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_slow_headers_and_slow_bodies_end_with_the_deadline() {
    for text in ["", "HTTP/1.1 200 OK\r\ncontent-", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"] {
        let server = Server::always(Act::SayAndHang(text.to_owned())).await;
        let error = cut_off(&client(), Call::get(server.url("/"))).await;
        // It arrived, and nobody knows what became of it.
        assert!(matches!(error, Error::Timeout { attempts: 1, sent: true }), "{error:?}");
        assert!(error.may_have_happened());
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_covers_all_attempts_together() {
    let slow = Act::SayLater(Duration::from_millis(600), text(503, "", ""));
    let server = Server::always(slow).await;
    let error = cut_off(&client(), Call::get(server.url("/"))).await;
    // A third would come too late.
    assert!(matches!(error, Error::Timeout { attempts: 1 | 2, sent: true }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_turn_counts_and_nothing_was_sent_then() {
    let client = Client::new(Options { at_once: 1, ..options() }).unwrap();
    let server =
        Server::start(|number| if number == 0 { Act::SayAndHang(String::new()) } else { status(200, "") }).await;
    let mut first = Box::pin(client.call(Call::get(server.url("/first")), soon()));
    arrives(&mut first, &server, 1).await;
    let error = cut_off(&client, Call::get(server.url("/second"))).await;
    assert!(matches!(error, Error::Timeout { attempts: 0, sent: false }) && !error.may_have_happened(), "{error:?}");
    // Whoever goes away leaves the turn to the next.
    drop(first);
    post(&client, &server).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_has_passed_sends_nothing() {
    let server = Server::always(status(200, "")).await;
    let error = client().call(Call::get(server.url("/")), Instant::now()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { attempts: 0, sent: false }), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_closes_its_connection() {
    let server = Server::always(Act::SayAndHang(String::new())).await;
    let client = client();
    for number in 1..=3 {
        let mut call = Box::pin(client.call(Call::get(server.url("/")), soon()));
        arrives(&mut call, &server, number).await;
        // None of those before was given back.
        assert_eq!(server.connections(), number);
    }
}
