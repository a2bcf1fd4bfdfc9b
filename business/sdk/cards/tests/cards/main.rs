//! What is believed of a provider.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod values;
mod webhook;
