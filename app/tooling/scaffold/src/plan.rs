//! What is written: computed first, then all of it or nothing.

use std::io;
use std::path::{Path, PathBuf};

use crate::definition;
use crate::dsl::{ParseError, Resource};
use crate::lock;
use crate::render::{Names, example, references, render};
use crate::schema::{MIGRATIONS, Schema};
use crate::tree::{self, formatted, read};
use crate::wiring::{Missing, SERVICES, WIRED, service};

/// The rules that every resource keeps, by their names.
const RULES: &str = "app/sdk/apitest/src/conformance.rs";

/// The files of a resource that comes, changes or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<File>,
    pub(crate) removed: Vec<Removed>,
    /// Folders that go: whatever is in them has to be committed.
    pub(crate) folders: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) names: Names,
    pub(crate) example: String,
    pub(crate) references: Vec<(String, String)>,
    pub(crate) owned: bool,
}

/// A file as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path, from the root of the clone.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What it is now; none when it is not there.
    pub before: Option<String>,
    /// The file that it takes the place of, when that has another path.
    pub from: Option<String>,
}

/// A file that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its path, from the root of the clone.
    pub path: String,
    /// What is in it.
    pub before: Vec<u8>,
}

/// Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is a resource, a crate or a table of this name.
    #[error("{0} is there already: choose another name")]
    Exists(String),
    /// There is no resource of this name.
    #[error("there is no resource `{0}`")]
    Unknown(String),
    /// The manifest does not say how the resource was described.
    #[error("{path} does not describe the resource: {finding}")]
    Undescribed {
        /// The manifest.
        path: String,
        /// Why not.
        finding: String,
    },
    /// The line that was given describes nothing.
    #[error(transparent)]
    Line(#[from] ParseError),
    /// It can't be done to a table that has rows.
    #[error("{0}")]
    Impossible(String),
    /// Lines that were edited by hand are in the way.
    #[error("what was edited by hand and what has to change are in the same lines:\n{}", listed(.0))]
    Conflicts(Vec<String>),
    /// Others speak of it.
    #[error("others speak of it:\n{}", listed(.0))]
    Mentioned(Vec<String>),
    /// A wired file lacks the place where something has to be inserted.
    #[error("{path} has no single place for it: put back the line `{mark}`")]
    Place {
        /// The file.
        path: String,
        /// What is looked for in it.
        mark: String,
    },
    /// Files that would be written have changes that are not committed.
    #[error("commit or undo what is changed first: {0}")]
    Dirty(String),
    /// A file could not be read or written.
    #[error("{path} could not be read or written")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A program that is needed did not do its part.
    #[error("{program} failed: {report}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it said.
        report: String,
    },
    /// A template is wrong.
    #[error("a template could not be rendered")]
    Template(#[from] minijinja::Error),
}

/// The first of them, and how many more there are.
fn listed(findings: &[String]) -> String {
    const MOST: usize = 10;
    let mut lines: Vec<String> = findings.iter().take(MOST).cloned().collect();
    if findings.len() > MOST {
        lines.push(format!("and {} more", findings.len() - MOST));
    }
    lines.join("\n")
}

/// Computes every file of `resource` in the clone at `root`. Writes nothing.
///
/// # Errors
/// It is there already, a place is missing, a file can't be read, or `rustfmt` does not take what was rendered.
pub fn plan(root: &Path, resource: &Resource) -> Result<Plan, PlanError> {
    let resource = &definition::resolved(root, resource.clone())?;
    if let Some(service) = resource.service.as_deref().filter(|service| !SERVICES.contains(service)) {
        let known = SERVICES.join(", ");
        return Err(PlanError::Impossible(format!(
            "there is no service `{service}` to choose: the platform serves every resource, and beside it there is {known}"
        )));
    }
    let names = Names::of(resource);
    for folder in [format!("business/domain/{}", names.bus), format!("app/domain/{}", names.app)] {
        if root.join(&folder).exists() {
            return Err(PlanError::Exists(folder));
        }
    }
    let schema = Schema::read(root)?;
    if schema.has(&resource.plural.snake) {
        return Err(PlanError::Exists(format!("the table {}", resource.plural.snake)));
    }
    let rules = read(root, RULES)?;
    let mut files = Vec::new();
    for (path, text) in render(resource, schema.last + 1, &rules)? {
        if root.join(&path).exists() {
            return Err(PlanError::Exists(path));
        }
        files.push(File::new(&path, formatted(root, &path, text)?));
    }
    for (path, change) in WIRED {
        let before = read(root, path)?;
        refuse_wired(resource, &before)?;
        let text =
            change(resource, &before).map_err(|Missing(mark)| PlanError::Place { path: (*path).to_owned(), mark })?;
        if text != before {
            files.push(File::changed(path, formatted(root, path, text)?, before));
        }
    }
    let manifest = |krate: &str| {
        let own = |file: &&File| file.path.ends_with(&format!("/{krate}/Cargo.toml"));
        files.iter().find(own).map_or("", |file| file.text.as_str())
    };
    let crates = [(names.bus.as_str(), manifest(&names.bus)), (names.app.as_str(), manifest(&names.app))];
    let users = ["platform", service(resource)];
    let before = read(root, lock::PATH)?;
    let text = lock::with(&before, &crates, &users)
        .map_err(|Missing(mark)| PlanError::Place { path: lock::PATH.to_owned(), mark })?;
    files.push(File::changed(lock::PATH, text, before));
    Ok(Plan { files, ..Plan::of(root, resource) })
}

/// The code of a resource that is there, as it would be generated today, without its migration: path and text. It is what
/// code that was written by hand is compared with.
///
/// # Errors
/// There is no such resource, or its description leads nowhere.
pub fn generated(root: &Path, name: &str) -> Result<Vec<(String, String)>, PlanError> {
    let files = rendered(root, &definition::find(root, name)?)?;
    files.into_iter().map(|(path, text)| Ok((path.clone(), formatted(root, &path, text)?))).collect()
}

/// The files of `resource` as they are rendered, without its migration and not yet formatted.
pub(crate) fn rendered(root: &Path, resource: &Resource) -> Result<Vec<(String, String)>, PlanError> {
    let mut files = render(resource, 0, &read(root, RULES)?)?;
    files.retain(|(path, _)| !path.starts_with(MIGRATIONS));
    Ok(files)
}

/// Refuses `resource` when a wired file has one of its names.
pub(crate) fn refuse_wired(resource: &Resource, text: &str) -> Result<(), PlanError> {
    let kind = format!("pub enum {}Kind ", resource.name.pascal);
    if text.contains(&kind) || text.contains(&format!("\"{}:read\"", resource.plural.snake)) {
        return Err(PlanError::Exists(resource.name.words.clone()));
    }
    Ok(())
}

impl File {
    pub(crate) fn new(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, before: None, from: None }
    }

    pub(crate) fn changed(path: &str, text: String, before: String) -> Self {
        Self { path: path.to_owned(), text, before: Some(before), from: None }
    }
}

impl Plan {
    /// One that does nothing to `resource` yet.
    pub(crate) fn of(root: &Path, resource: &Resource) -> Self {
        Self {
            root: root.to_owned(),
            files: Vec::new(),
            removed: Vec::new(),
            folders: Vec::new(),
            notes: Vec::new(),
            names: Names::of(resource),
            example: example(resource),
            references: references(resource),
            owned: resource.owned,
        }
    }

    /// The files: the new ones, then those that change.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The files that go. One that another takes the place of is among them.
    pub fn removed(&self) -> &[Removed] {
        &self.removed
    }

    /// What a person should know before it is deployed.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The crate of its rules.
    pub fn business_crate(&self) -> &str {
        &self.names.bus
    }

    /// The crate of its routes.
    pub fn app_crate(&self) -> &str {
        &self.names.app
    }

    /// The path of its list, from the root of the API.
    pub fn path(&self) -> String {
        format!("/v1/{}", self.names.path)
    }

    /// Whether each belongs to the user who added it.
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// The variables in [`Plan::example`], each with the path of the list that has what it means.
    pub fn references(&self) -> &[(String, String)] {
        &self.references
    }

    /// A body that adds one, as JSON in single quotes of a shell, in which a reference is a variable.
    pub fn example(&self) -> &str {
        &self.example
    }

    /// Refuses to write over what is not committed.
    pub(crate) fn refuse_dirty(&self) -> Result<(), PlanError> {
        let files = self.files.iter().map(|file| file.path.as_str());
        let removed = self.removed.iter().map(|removed| removed.path.as_str());
        let dirty = tree::dirty(&self.root, &files.chain(removed).collect::<Vec<_>>(), &self.folders)?;
        if dirty.is_empty() { Ok(()) } else { Err(PlanError::Dirty(dirty.join(", "))) }
    }
}
