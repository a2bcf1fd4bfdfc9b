//! Sign-in over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod ground;

mod brakes;
mod conformance;
mod login;
mod published;
mod refresh;
mod sessions;
