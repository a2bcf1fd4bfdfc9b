//! The rules of users, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod people;

mod admins;
mod authenticate;
mod changes;
mod create;
mod delete;
mod mails;
mod passwords;
mod query;
mod register;
mod rows;
mod secrets;
mod tokens;
mod update;
