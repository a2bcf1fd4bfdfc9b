//! The rules of films, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod films;

mod changes;
mod create;
mod delete;
mod import;
mod plans;
mod query;
mod rows;
mod search;
mod stock;
mod update;
mod values;
