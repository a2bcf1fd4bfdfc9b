//! Real loads on real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod counts;
mod failures;
mod latency;
mod server;
