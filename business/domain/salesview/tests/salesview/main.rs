//! The view of sales, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod ground;

mod export;
mod plans;
mod query;
mod totals;
