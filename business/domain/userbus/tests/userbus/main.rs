//! The rules of users, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod people;

mod admins;
mod authenticate;
mod create;
mod query;
mod rows;
mod update;
