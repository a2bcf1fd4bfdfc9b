//! Tokens and the policy, with real keys and a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod ground;

mod attacks;
mod keys;
mod policy;
mod state;
mod together;
mod tokens;
