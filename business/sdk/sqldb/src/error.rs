//! What can go wrong with the database, in the words that an API needs.

use std::error::Error as StdError;

/// A failure of a unit of work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row does not exist.
    #[error("no such row")]
    NotFound,
    /// A unique constraint is violated.
    #[error("duplicate value for {constraint}")]
    Duplicate {
        /// The name of the constraint or unique index.
        constraint: String,
    },
    /// A check, foreign key, not-null or exclusion constraint is violated.
    #[error("violates {constraint}")]
    Violates {
        /// The name of the constraint; for a not-null constraint the name of the column.
        constraint: String,
    },
    /// Concurrent transactions could not be put in an order (serialization failure, deadlock); a retry may succeed.
    #[error("conflict with a concurrent transaction")]
    Conflict {
        /// The server's report.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// No connection: the pool is exhausted, the server is away, or it refuses more connections.
    #[error("database unavailable ({reason})")]
    Unavailable {
        /// Why, in a few words.
        reason: &'static str,
        /// The failure beneath, if there was one.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The unit of work did not finish within its deadline. Whether a statement in flight took effect is unknown.
    #[error("deadline exceeded")]
    DeadlineExceeded,
    /// Anything else: a fault of the program or of the schema.
    #[error("unexpected database failure")]
    Other {
        /// The failure beneath.
        source: Box<dyn StdError + Send + Sync>,
    },
}
