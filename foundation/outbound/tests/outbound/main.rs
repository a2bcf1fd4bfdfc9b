//! Calls over real sockets, to a server of which a test knows everything.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use outbound::{Allowance, Answer, Backoff, Call, Client, Error, Method, Options};
use tokio::time::Instant;

mod answers;
mod budget;
mod deadlines;
mod failures;
mod retries;
mod server;
mod tls;

/// Pauses of 10 ms at most, as many retries as the budget has.
fn options() -> Options {
    let backoff = Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(10) };
    let allowance = Allowance { percent: 20, reserve: 50, most: 100 };
    Options { backoff, allowance, ..Options::default() }
}

fn client() -> Client {
    Client::new(options()).unwrap()
}

/// Long enough for whatever is not meant to be cut off.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

async fn get(client: &Client, server: &server::Server) -> Result<Answer, Error> {
    client.call(Call::get(server.url("/")), soon()).await
}

async fn post(client: &Client, server: &server::Server) -> Result<Answer, Error> {
    client.call(Call::new(Method::POST, server.url("/")).body("{}"), soon()).await
}
