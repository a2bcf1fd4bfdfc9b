//! Peers that are not there.

use std::time::Duration;

use outbound::{Allowance, Call, Client, Error, Method, Options, Url};
use rustix::net::{AddressFamily, SocketAddrV4, SocketType, bind, getsockname, listen, socket};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::{client, options, soon};

/// A port of loopback on which nobody listens.
async fn dead_port() -> Url {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    Url::parse(&format!("http://{}/planted-path?planted=secret", listener.local_addr().unwrap())).unwrap()
}

/// Joined, the causes of an error.
fn causes(error: &dyn std::error::Error) -> String {
    let next = error.source().map(|source| format!(": {}", causes(source)));
    format!("{error}{}", next.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_port_is_tried_again_and_nothing_has_happened() {
    let url = dead_port().await;
    // Without a key: what was never sent is safe to send.
    let error = client().call(Call::new(Method::POST, url), soon()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { attempts: 4, sent: false, .. }), "{error:?}");
    assert!(!error.may_have_happened());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_tells_the_cause_and_not_the_url() {
    let error = client().call(Call::get(dead_port().await), soon()).await.unwrap_err();
    let told = format!("{} {error:?}", causes(&error));
    assert!(told.contains("refused"), "{told}");
    assert!(!told.contains("planted"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_an_address_is_out_of_reach() {
    // RFC 2606, 2: there will never be one.
    let url = Url::parse("http://peer.invalid/").unwrap();
    let error = client().call(Call::get(url), soon()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: false, .. }), "{error:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_does_not_take_connections_costs_the_connect_timeout() {
    // Linux drops what comes when the queue of a listener is full.
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&listener, &SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    listen(&listener, 0).unwrap();
    let address = SocketAddrV4::try_from(getsockname(&listener).unwrap()).unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
        queue.push(stream);
    }
    let connect_timeout = Duration::from_millis(100);
    let client = Client::new(Options { connect_timeout, retries: 1, ..options() }).unwrap();
    let begun = Instant::now();
    let call = Call::get(Url::parse(&format!("http://{address}/")).unwrap());
    let error = client.call(call, soon()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { attempts: 2, sent: false, .. }), "{error:?}");
    let taken = begun.elapsed();
    assert!(taken >= connect_timeout * 2 && taken < Duration::from_secs(5), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_budget_there_is_one_attempt() {
    let none = Allowance { percent: 0, reserve: 0, most: 0 };
    let client = Client::new(Options { allowance: none, ..options() }).unwrap();
    let error = client.call(Call::get(dead_port().await), soon()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    let stats = client.stats();
    assert_eq!((stats.calls, stats.retries, stats.refused), (1, 0, 1));
}
