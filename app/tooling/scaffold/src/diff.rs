//! A plan as a patch.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::plan::{Plan, PlanError};
use crate::tree;

impl Plan {
    /// What it changes, as `git diff` shows it.
    ///
    /// # Errors
    /// `git` is not there, or a temporary file can't be written.
    pub fn diff(&self) -> Result<String, PlanError> {
        let folder = TempDir::new().map_err(|source| tree::failed("git", &source))?;
        let put = |side: &str, path: &str, text: &[u8]| {
            let place = folder.path().join(side).join(path);
            let written =
                fs::create_dir_all(place.parent().unwrap_or(folder.path())).and_then(|()| fs::write(place, text));
            written.map_err(|source| PlanError::File { path: path.to_owned(), source })
        };
        for side in ["a", "b"] {
            fs::create_dir(folder.path().join(side)).map_err(|source| tree::failed("git", &source))?;
        }
        for file in &self.files {
            put("b", &file.path, file.text.as_bytes())?;
            if let Some(before) = &file.before {
                put("a", &file.path, before.as_bytes())?;
            }
        }
        for removed in &self.removed {
            put("a", &removed.path, &removed.before)?;
        }
        let mut git = Command::new("git");
        git.current_dir(folder.path()).args(["diff", "--no-index", "--no-color", "--no-ext-diff", "--no-prefix", "-M"]);
        let output = git.args(["a", "b"]).output().map_err(|source| tree::failed("git", &source))?;
        match output.status.code() {
            // They are the same, or differ.
            Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            _ => {
                Err(PlanError::Program { program: "git", report: String::from_utf8_lossy(&output.stderr).into_owned() })
            }
        }
    }
}
