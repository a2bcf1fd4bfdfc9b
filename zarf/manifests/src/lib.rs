//! What schemas cannot tell of manifests, checked.
//!
//! A manifest may be valid and yet never work: a variable that no program reads, a port that nobody listens on, a secret without the
//! key that is mounted, a grace that is shorter than the drain. [`check`] reads what kustomize made of each overlay
//! (`zarf/k8s/rendered`) and the compose file, loads the settings of each program as the program itself would, and returns every
//! [`Finding`].
//!
//! What a rule looks at is passed to it as a value ([`Overlay`], [`Compose`], [`Tree`]), so that tests plant a fault into the real ones.

mod compose;
mod finding;
mod images;
mod life;
mod links;
mod object;
mod overlay;
mod programs;
mod reach;
mod restricted;
mod routes;
mod scale;
mod served;
mod sources;
mod variables;

use std::path::{Path, PathBuf};

pub use crate::compose::Compose;
pub use crate::finding::{Finding, Rule};
pub use crate::overlay::Overlay;
pub use crate::served::{Served, served};
pub use crate::sources::{Tree, seal};

/// Why manifests could not be read; those that break rules are no error but a list of [`Finding`]s.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no YAML.
    #[error("{path} is no YAML: {reason}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// The tables of routes could not be made.
    #[error("the tables of routes could not be made: {0}")]
    Routes(String),
}

/// The overlays, each a file of `zarf/k8s/rendered`.
pub const OVERLAYS: [&str; 3] = ["dev", "staging", "prod"];

/// Every broken rule of the repository at `root`.
///
/// # Errors
/// When something cannot be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, Error> {
    let tree = Tree::read(root)?;
    let served = served()?;
    let mut findings = tree.judge()?;
    for name in OVERLAYS {
        findings.extend(Overlay::read(root, name)?.judge(&served));
    }
    let compose = Compose::read(root)?;
    findings.extend(compose.judge());
    findings.extend(compose.compare(&Overlay::read(root, "dev")?));
    Ok(findings)
}

/// Reads a file of text.
fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Reads the documents of a YAML file.
fn documents(path: &Path) -> Result<Vec<serde_json::Value>, Error> {
    serde_saphyr::from_multiple(&text(path)?)
        .map_err(|error| Error::Yaml { path: path.to_owned(), reason: error.to_string() })
}
