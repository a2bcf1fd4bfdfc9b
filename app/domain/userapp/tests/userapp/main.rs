//! Users over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod ground;

mod accounts;
mod anonymity;
mod brakes;
mod changes;
mod conformance;
mod deletion;
mod description;
mod list;
mod password;
mod payee;
mod policy;
mod recovery;
mod registration;
mod roles;
