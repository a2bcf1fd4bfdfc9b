//! The rules of cinemas, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod samples;
mod world;

mod changes;
mod create;
mod delete;
mod finding;
mod importing;
mod plans;
mod query;
mod rows;
mod update;
mod values;
