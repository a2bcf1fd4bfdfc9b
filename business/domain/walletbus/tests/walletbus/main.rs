//! The rules of wallets, against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod samples;

mod books;
mod entries;
mod rows;
mod transfer;
