//! Users over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod ground;

mod accounts;
mod anonymity;
mod list;
mod policy;
mod recovery;
mod registration;
mod roles;
