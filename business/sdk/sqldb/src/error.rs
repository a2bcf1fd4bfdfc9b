//! What can go wrong with the database, in the words that an API needs.

use std::error::Error as StdError;

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

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

/// What has become of the session on which a statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// The server reported the failure and serves the next statement.
    GoesOn,
    /// It knows an earlier schema, or an earlier role of its server, as do all that are as old.
    Outdated,
    /// It ended, and others may have ended with it.
    Lost,
    /// The answer was not read to its end.
    OutOfStep,
}

impl Session {
    pub(crate) fn after(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(report) if has_ended(report.as_ref()) => Self::Lost,
            sqlx::Error::Database(report) => match Meaning::of(report.as_ref()) {
                Meaning::Outdated => Self::Outdated,
                _ => Self::GoesOn,
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Lost,
            _ => Self::OutOfStep,
        }
    }
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
                Meaning::Away => Self::Unavailable { reason: "the server cannot serve", source: Some(Box::new(error)) },
                Meaning::Unmigrated => {
                    Self::Unavailable { reason: "the schema is not migrated", source: Some(Box::new(error)) }
                }
                Meaning::Outdated => {
                    Self::Unavailable { reason: "the session is outdated", source: Some(Box::new(error)) }
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
    Outdated,
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
            // On a server that became a replica: the primary is elsewhere. And a plan of an earlier schema, or prepared
            // statements that a proxy lost (invalid_sql_statement_name): another session has neither.
            "25006" | "26000" => Self::Outdated,
            "0A000" if routine(report) == Some("RevalidateCachedQuery") => Self::Outdated,
            // idle_in_transaction_session_timeout and its kin end the session too.
            "25P03" | "25P04" => Self::Away,
            // connection exceptions, insufficient resources, operator intervention
            code if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => Self::Away,
            _ => Self::Fault,
        }
    }
}

/// Whether the server ended the session with this report: not the class of an error tells, but its severity.
fn has_ended(report: &dyn DatabaseError) -> bool {
    let severity = report.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    !matches!(severity, Some(PgSeverity::Error))
}

/// The function of the server that reported it: its messages come in the server's language.
fn routine(report: &dyn DatabaseError) -> Option<&str> {
    report.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::routine)
}

/// The name of the violated constraint. A violated NOT NULL has none (before PostgreSQL 18) and is named by its column.
fn constraint(report: &dyn DatabaseError) -> String {
    let column = || report.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::column);
    report.constraint().or_else(column).unwrap_or_default().to_owned()
}
