//! From a line to files, in a tree like that of a clone.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod clone;
mod evolve;
mod line;
mod names;
mod tree;
