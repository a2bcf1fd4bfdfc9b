//! What the figures rest on: the same statements, and a report that says what was measured.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bare;
mod report;
mod statements;
