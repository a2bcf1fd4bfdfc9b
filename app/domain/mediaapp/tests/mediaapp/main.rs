//! Media over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod description;
mod downloads;
mod faults;
mod ground;
mod keys;
mod links;
mod lists;
mod logs;
mod uploads;
