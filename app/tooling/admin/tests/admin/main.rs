//! The real program on real databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod audit;
mod change;
mod check;
mod config;
mod doctor;
mod events;
mod import;
mod jobs;
mod keys;
mod load;
mod new;
mod payments;
mod program;
mod run;
mod schema;
mod server;
mod users;
