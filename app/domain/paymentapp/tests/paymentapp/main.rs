//! Payments over HTTP, against a provider on a socket of its own.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod samples;

mod away;
mod bodies;
mod deposits;
mod keys;
mod notices;
mod orders;
mod reconcile;
