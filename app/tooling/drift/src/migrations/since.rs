//! Which migrations are new.

use std::path::Path;
use std::process::Command;

use super::FOLDER;
use crate::{Error, Tree};

/// The migrations that a revision does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMigrations {
    /// The revision, in words; what was released up to it is not judged.
    pub since: String,
    /// Their files, in order, without their folder.
    pub files: Vec<String>,
    /// Files that the revision has with another text.
    pub changed: Vec<String>,
}

/// The branches that a branch of work goes off from.
const TRUNKS: &[&str] = &["origin/HEAD", "origin/main", "main", "origin/master", "master"];

/// The migrations that are not part of `revision`; without one, of the last release: the last tag, or, where there is
/// none, the commit at which this branch left the main one. What is not committed yet is new too.
///
/// Outside of a repository nothing is known of releases, and nothing is new.
///
/// # Errors
/// The revision does not exist, or git fails.
pub fn new_since(tree: &Tree, revision: Option<&str>) -> Result<NewMigrations, Error> {
    let is_repository = git(tree.root(), &["rev-parse", "--is-inside-work-tree"]).is_ok();
    let base = match revision {
        Some(revision) => Some(revision.to_owned()),
        None if !is_repository => None,
        None => last_release(tree.root()),
    };
    let Some(base) = base else {
        return Ok(NewMigrations { since: "no release that git knows".to_owned(), ..NewMigrations::default() });
    };
    let listed = git(tree.root(), &["ls-tree", "-r", "--name-only", &base, "--", FOLDER])?;
    let released: Vec<&str> = listed.lines().map(name).collect();
    let differing = git(tree.root(), &["diff", "--name-only", &base, "--", FOLDER])?;
    let files = tree.files(FOLDER, |path| path.ends_with(".sql"))?;
    let files: Vec<String> = files.iter().map(|path| name(path).to_owned()).collect();
    let changed = differing.lines().map(name).filter(|file| released.contains(file)).map(str::to_owned).collect();
    Ok(NewMigrations {
        since: base,
        files: files.into_iter().filter(|file| !released.contains(&file.as_str())).collect(),
        changed,
    })
}

fn last_release(root: &Path) -> Option<String> {
    if let Ok(tag) = git(root, &["describe", "--tags", "--abbrev=0"]) {
        return Some(tag);
    }
    let trunks = TRUNKS.iter().filter_map(|trunk| git(root, &["merge-base", "HEAD", trunk]).ok());
    let mut trunks = trunks.filter(|base| !base.is_empty());
    trunks.next().map(|base| base.chars().take(12).collect())
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, Error> {
    let failed = |reason: String| Error::Git { arguments: arguments.join(" "), reason };
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
