//! The folder of keys and the verification of tokens, from outside.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what went wrong by failing")]

mod folder;
mod jwk;
mod tokens;
mod wycheproof;
