//! Wallets over HTTP.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod samples;

mod bodies;
mod entries;
mod transfers;
