//! Versions of rows, for optimistic concurrency.

use std::fmt;

/// The version of a row: 1 when created, one more after every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(i64);

impl Version {
    /// The version of a new row.
    pub const FIRST: Self = Self(1);

    /// Takes a stored version, or one that a client named.
    pub fn restore(number: i64) -> Self {
        Self(number)
    }

    /// The version as a number.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The version after one more change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
