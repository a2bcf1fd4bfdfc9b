//! Where the parts of the tree no longer say the same.
//!
//! Each check is a function from what it compares to what it found: every [`Finding`] has a file, mostly a line, and its
//! mend. What the programs know (documents, settings, commands) comes from the program that runs the checks; the rest is
//! read from the clone.

mod columns;
mod commands;
mod derived;
mod files;
mod finding;
mod markdown;
mod migrations;
mod openapi;
mod policy;
mod routes;
mod schema;
mod settings;
mod shell;
mod sources;
mod statements;
mod tree;

use std::path::PathBuf;

use serde_json::Value;

pub use crate::columns::columns;
pub use crate::commands::{Known, commands};
pub use crate::derived::{Derived, derived};
pub use crate::files::files;
pub use crate::finding::{Check, Finding, Weight};
pub use crate::migrations::{FOLDER, NewMigrations, Rehearsed, judge, new_since, rehearsed};
pub use crate::openapi::{COPY, accepted, openapi};
pub use crate::policy::{Shown, policy};
pub use crate::routes::routes;
pub use crate::schema::schema;
pub use crate::settings::{Key, settings};
pub use crate::statements::{Preparation, Statements, statements};
pub use crate::tree::Tree;

/// A service and the document that it serves.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, as `platform`.
    pub name: &'static str,
    /// Its OpenAPI document.
    pub document: Value,
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the clone cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A source does not parse.
    #[error("{path}:{line}: {reason}")]
    Syntax {
        /// The file.
        path: String,
        /// The line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// git did not answer.
    #[error("git {arguments} failed: {reason}")]
    Git {
        /// What it was asked for.
        arguments: String,
        /// What it said.
        reason: String,
    },
    /// The scratch database failed.
    #[error("the schema could not be tried out")]
    Rehearsal(#[from] rehearsal::Error),
}
