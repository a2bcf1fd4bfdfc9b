//! From a line to files, in a tree like that of a clone.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod clone;
mod team;

mod add;
mod likeness;
mod line;
mod many;
mod names;
mod reach;
mod remove;
mod rename;
mod tree;
