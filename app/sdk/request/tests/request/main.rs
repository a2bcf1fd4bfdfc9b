//! Requests as a client sends them, well formed and hostile.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod bodies;
mod extractors;
mod film;
mod forms;
mod kinds;
mod lists;
mod queries;
mod schemas;
mod streams;
mod wire;
