//! The contract that holds for every route, over real sockets.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its tasks end with it"
)]

mod describe;
mod downloads;
mod fields;
mod framework;
mod harness;
mod limits;
mod log;
mod origin;
