//! The rules of payments, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod samples;

mod card;
mod later;
mod refund;
mod rows;
mod settle;
mod states;
