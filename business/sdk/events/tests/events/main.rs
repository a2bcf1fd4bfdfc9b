//! Every committed event handed on, in order, with one effect, whatever fails when.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod broker;
mod delivery;
mod failures;
mod harness;
mod kills;
mod leases;
mod listening;
mod retention;
