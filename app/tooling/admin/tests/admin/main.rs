//! The real program on real databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod config;
mod events;
mod import;
mod jobs;
mod keys;
mod program;
mod run;
mod schema;
mod users;
