//! The rules of sessions, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod ground;

mod changes;
mod create;
mod query;
mod refresh;
mod revoke;
mod secrets;
mod sweep;
