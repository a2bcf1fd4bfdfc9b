//! Reading audits, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod ground;
mod plans;
mod query;
