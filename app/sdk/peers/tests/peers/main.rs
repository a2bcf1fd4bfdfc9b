//! What is asked of another service, and what its answers mean here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod local;
mod peer;
