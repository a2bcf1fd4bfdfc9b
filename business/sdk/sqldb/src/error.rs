//! What can go wrong with the database, in the words that an API needs.

use std::error::Error as StdError;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

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
    /// Not now: the pool is exhausted, the server is away or refuses more connections, or the schema is still to be
    /// migrated.
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

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                Self::Unavailable { reason: "connection lost", source: Some(Box::new(error)) }
            }
            sqlx::Error::Database(ref report) => match Meaning::of(report.as_ref()) {
                Meaning::Duplicate => Self::Duplicate { constraint: constraint(report.as_ref()) },
                Meaning::Violates => Self::Violates { constraint: constraint(report.as_ref()) },
                Meaning::Conflict => Self::Conflict { source: Box::new(error) },
                Meaning::Late => Self::DeadlineExceeded,
                Meaning::Away => {
                    Self::Unavailable { reason: "the server ended the session", source: Some(Box::new(error)) }
                }
                Meaning::Unmigrated => {
                    Self::Unavailable { reason: "the schema is not migrated", source: Some(Box::new(error)) }
                }
                Meaning::Fault => Self::Other { source: Box::new(error) },
            },
            _ => Self::Other { source: Box::new(error) },
        }
    }
}

/// What a report of the server means, by its SQLSTATE (PostgreSQL manual, appendix A).
enum Meaning {
    Duplicate,
    Violates,
    Conflict,
    Late,
    Away,
    Unmigrated,
    Fault,
}

impl Meaning {
    fn of(report: &dyn DatabaseError) -> Self {
        let code = report.code().unwrap_or_default();
        match code.as_ref() {
            "23505" => Self::Duplicate,
            "23502" | "23503" | "23514" | "23P01" => Self::Violates,
            "40001" | "40P01" => Self::Conflict,
            // query_canceled, lock_not_available
            "57014" | "55P03" => Self::Late,
            // undefined_table: every table that a program names is made by its migrations, so they are still to come.
            "42P01" => Self::Unmigrated,
            // A session on a server that became a replica must not be kept: the primary is elsewhere.
            "25006" => Self::Away,
            // idle_in_transaction_session_timeout and its kin end the session too.
            "25P03" | "25P04" => Self::Away,
            // connection exceptions, insufficient resources, operator intervention
            code if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => Self::Away,
            _ => Self::Fault,
        }
    }
}

/// The name of the violated constraint. A violated NOT NULL has none (before PostgreSQL 18) and is named by its column.
fn constraint(report: &dyn DatabaseError) -> String {
    let column = || report.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::column);
    report.constraint().or_else(column).unwrap_or_default().to_owned()
}
