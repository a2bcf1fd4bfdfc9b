//! The load of a peer that is down.

use outbound::{Allowance, Client, Options};
use tokio::task::JoinSet;

use crate::server::{Act, Server, status};
use crate::{get, options};

const CALLS: u64 = 200;

/// So many calls at once, by one client.
async fn call(client: &Client, server: &'static Server) {
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let client = client.clone();
        calls.spawn(async move { drop(get(&client, server).await) });
    }
    calls.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_down_gets_a_fifth_more_and_the_reserve_at_most() {
    for act in [status(503, ""), status(502, ""), Act::SayAndReset(String::new())] {
        let server = &*Box::leak(Box::new(Server::always(act).await));
        let allowance = Allowance { percent: 20, reserve: 10, most: 100 };
        let client = Client::new(Options { retries: 10, allowance, ..options() }).unwrap();
        call(&client, server).await;
        let stats = client.stats();
        assert_eq!(stats.calls, CALLS);
        // All of it is used, as every call would be repeated ten times.
        assert_eq!(stats.retries, CALLS / 5 + 10, "{stats:?}");
        assert!(stats.refused > 0, "{stats:?}");
        assert_eq!(server.seen().len() as u64, CALLS + stats.retries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_well_pays_for_nothing() {
    let server = &*Box::leak(Box::new(Server::always(status(200, "")).await));
    let client = Client::new(options()).unwrap();
    call(&client, server).await;
    let stats = client.stats();
    assert_eq!((stats.calls, stats.retries, stats.refused), (CALLS, 0, 0));
}
