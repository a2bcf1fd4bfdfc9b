//! What is written: computed first, then all of it or nothing.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::dsl::Resource;
use crate::lock;
use crate::render::{Names, example, render};
use crate::wiring::{Missing, WIRED};

/// The rules that every resource keeps, by their names.
const RULES: &str = "app/sdk/apitest/src/conformance.rs";
const MIGRATIONS: &str = "business/sdk/migrate/migrations";

/// The files of a new resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    root: PathBuf,
    files: Vec<File>,
    names: Names,
    example: String,
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
}

/// Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is a resource, a crate or a table of this name.
    #[error("{0} is there already: choose another name")]
    Exists(String),
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

/// Computes every file of `resource` in the clone at `root`. Writes nothing.
///
/// # Errors
/// It is there already, a place is missing, a file can't be read, or `rustfmt` does not take what was rendered.
pub fn plan(root: &Path, resource: &Resource) -> Result<Plan, PlanError> {
    let names = Names::of(resource);
    for folder in [format!("business/domain/{}", names.bus), format!("app/domain/{}", names.app)] {
        if root.join(&folder).exists() {
            return Err(PlanError::Exists(folder));
        }
    }
    let number = next_migration(root, resource)?;
    let rules = read(root, RULES)?;
    let mut files = Vec::new();
    for (path, text) in render(resource, number, &rules)? {
        if root.join(&path).exists() {
            return Err(PlanError::Exists(path));
        }
        files.push(File { text: formatted(root, &path, text)?, path, before: None });
    }
    let kind = format!("pub enum {}Kind ", resource.name.pascal);
    for (path, change) in WIRED {
        let before = read(root, path)?;
        if before.contains(&kind) || before.contains(&format!("\"{}:read\"", resource.plural.snake)) {
            return Err(PlanError::Exists(resource.name.words.clone()));
        }
        let text =
            change(resource, &before).map_err(|Missing(mark)| PlanError::Place { path: (*path).to_owned(), mark })?;
        files.push(File { path: (*path).to_owned(), text: formatted(root, path, text)?, before: Some(before) });
    }
    let manifest = |krate: &str| {
        let own = |file: &&File| file.path.ends_with(&format!("/{krate}/Cargo.toml"));
        files.iter().find(own).map_or("", |file| file.text.as_str())
    };
    let crates = [(names.bus.as_str(), manifest(&names.bus)), (names.app.as_str(), manifest(&names.app))];
    let before = read(root, lock::PATH)?;
    let text = lock::with(&before, &crates, "platform")
        .map_err(|Missing(mark)| PlanError::Place { path: lock::PATH.to_owned(), mark })?;
    files.push(File { path: lock::PATH.to_owned(), text, before: Some(before) });
    Ok(Plan { root: root.to_owned(), files, names, example: example(resource) })
}

impl Plan {
    /// The files: the new ones, then those that change.
    pub fn files(&self) -> &[File] {
        &self.files
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

    /// A body that adds one, as JSON.
    pub fn example(&self) -> &str {
        &self.example
    }

    /// Writes every file, or leaves the tree as it is.
    ///
    /// # Errors
    /// A file has changes that are not committed, or can't be written.
    pub fn write(&self) -> Result<(), PlanError> {
        self.refuse_dirty()?;
        let mut folders = Vec::new();
        let mut written: Vec<&File> = Vec::new();
        let outcome = self.write_all(&mut folders, &mut written);
        if outcome.is_err() {
            self.undo(&folders, &written);
        }
        outcome
    }

    /// Every text is on the disk before the first takes its place.
    fn write_all<'a>(&'a self, folders: &mut Vec<PathBuf>, written: &mut Vec<&'a File>) -> Result<(), PlanError> {
        let mut ready = Vec::new();
        for file in &self.files {
            let failed = |source| PlanError::File { path: file.path.clone(), source };
            let place = self.root.join(&file.path);
            let folder = place.parent().unwrap_or(&self.root);
            create_folders(folder, folders).map_err(failed)?;
            let mut temporary = NamedTempFile::new_in(folder).map_err(failed)?;
            temporary.write_all(file.text.as_bytes()).map_err(failed)?;
            let permissions = match fs::metadata(&place) {
                Ok(metadata) => metadata.permissions(),
                Err(_) => readable(),
            };
            temporary.as_file().set_permissions(permissions).map_err(failed)?;
            ready.push((file, place, temporary));
        }
        for (file, place, temporary) in ready {
            temporary
                .persist(place)
                .map_err(|error| PlanError::File { path: file.path.clone(), source: error.error })?;
            written.push(file);
        }
        Ok(())
    }

    /// As well as it can be done: what fails here is told by the failure that led here.
    fn undo(&self, folders: &[PathBuf], written: &[&File]) {
        for file in written {
            let place = self.root.join(&file.path);
            let _ = match &file.before {
                Some(before) => fs::write(place, before),
                None => fs::remove_file(place),
            };
        }
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    fn refuse_dirty(&self) -> Result<(), PlanError> {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.root).args(["status", "--porcelain", "--untracked-files=all", "--"]);
        let report = run("git", git.args(self.files.iter().map(|file| &file.path)), None)?;
        if report.is_empty() { Ok(()) } else { Err(PlanError::Dirty(report.trim().replace('\n', ", "))) }
    }
}

fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn create_folders(folder: &Path, created: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        created.push(folder.to_owned());
    }
    Ok(())
}

fn read(root: &Path, path: &str) -> Result<String, PlanError> {
    fs::read_to_string(root.join(path)).map_err(|source| PlanError::File { path: path.to_owned(), source })
}

/// The number of the next migration. No migration may have the table.
fn next_migration(root: &Path, resource: &Resource) -> Result<u32, PlanError> {
    let failed = |source| PlanError::File { path: MIGRATIONS.to_owned(), source };
    let mut last = 0;
    for entry in fs::read_dir(root.join(MIGRATIONS)).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let Some(number) = name.split('_').next().and_then(|number| number.parse::<u32>().ok()) else { continue };
        last = last.max(number);
        let text = read(root, &format!("{MIGRATIONS}/{name}"))?;
        if text.contains(&format!("CREATE TABLE public.{} (", resource.plural.snake)) {
            return Err(PlanError::Exists(format!("the table {}", resource.plural.snake)));
        }
    }
    Ok(last + 1)
}

/// As `make lint` wants it.
fn formatted(root: &Path, path: &str, text: String) -> Result<String, PlanError> {
    if !path.ends_with(".rs") {
        let text = if path.ends_with(".sql") { aligned(&text) } else { text };
        return Ok(tidy(&text));
    }
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--emit", "stdout", "--config-path"]).arg(root);
    run("rustfmt", &mut rustfmt, Some(&text)).map_err(|error| match error {
        PlanError::Program { program, report } => PlanError::Program { program, report: format!("{path}: {report}") },
        other => other,
    })
}

/// Without empty lines in a row, or at the end.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// With the types of the columns below each other.
fn aligned(text: &str) -> String {
    let is_column = |line: &str| {
        line.starts_with("    ") && !["--", "CONSTRAINT"].iter().any(|start| line.trim_start().starts_with(start))
    };
    let name = |line: &str| line.trim_start().split(' ').next().unwrap_or_default().len();
    let width = text.lines().filter(|line| is_column(line)).map(name).max().unwrap_or_default();
    let line = |line: &str| match line.trim_start().split_once(' ') {
        Some((name, rest)) if is_column(line) => format!("    {name:<width$} {rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn run(program: &'static str, command: &mut Command, input: Option<&str>) -> Result<String, PlanError> {
    let failed = |source: io::Error| PlanError::Program { program, report: source.to_string() };
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(PlanError::Program { program, report: String::from_utf8_lossy(&output.stderr).into_owned() });
    }
    String::from_utf8(output.stdout).map_err(|error| PlanError::Program { program, report: error.to_string() })
}
