//! The rules of media, against a real PostgreSQL, and stores that fail as they are told.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod create;
mod ground;
mod links;
mod mend;
mod query;
mod rows;
mod values;
