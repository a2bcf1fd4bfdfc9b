//! The layers of the workspace, checked.
//!
//! Cargo keeps crates from using what they do not name; it cannot say what they may name. [`check`] says it: it reads
//! `cargo metadata` with the source trees and returns every [`Violation`], each with the edge or file and the mend.
//!
//! What is allowed beyond the rules stands in tables, each line with its reason: the edges in `edges.rs`, the reserved
//! crates in `reserved.rs`, the files of a domain in `shape.toml`. The tables may only shrink: a line that is no longer
//! needed is a violation too.

mod edges;
mod manifests;
mod migrations;
mod reserved;
mod shape;
mod sources;
mod violation;
mod workspace;

use std::path::{Path, PathBuf};

pub use violation::{Rule, Violation};

/// Why the workspace could not be read; a workspace that breaks rules is no error but a list of [`Violation`]s.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `cargo metadata` failed: the folder holds no workspace, or a manifest in it is wrong.
    #[error("cargo metadata of {root} failed")]
    Metadata {
        /// The folder that was asked for.
        root: PathBuf,
        /// What cargo said.
        source: cargo_metadata::Error,
    },
    /// A file or folder of the workspace could not be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A manifest is no TOML.
    #[error("{path} is no TOML")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What the parser said.
        source: toml_edit::TomlError,
    },
}

/// Every broken rule of the workspace at `root`, in the order of the rules, then of the places.
///
/// # Errors
/// When the workspace cannot be read.
pub fn check(root: &Path) -> Result<Vec<Violation>, Error> {
    let workspace = workspace::Workspace::read(root)?;
    let mut violations = Vec::new();
    edges::check(&workspace, &mut violations);
    reserved::check(&workspace, &mut violations);
    manifests::check(&workspace, &mut violations)?;
    shape::check(&workspace, &mut violations)?;
    sources::check(&workspace, &mut violations)?;
    migrations::check(&workspace, &mut violations)?;
    violations.sort();
    violations.dedup();
    Ok(violations)
}
