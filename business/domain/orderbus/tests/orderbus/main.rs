//! The rules of orders, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod samples;

mod cancel;
mod changes;
mod create;
mod plans;
mod query;
mod rows;
mod steps;
mod values;
