//! What was generated, what a team made of it, what would be generated now: one text of the three.

use std::fs;
use std::ops::Range;
use std::process::Command;

use tempfile::TempDir;

use crate::plan::PlanError;
use crate::tree;

/// A file in its three states.
pub(crate) struct Three<'a> {
    /// Where it is, from the root of the clone.
    pub(crate) path: &'a str,
    /// What the generator makes of how it was described.
    pub(crate) base: String,
    /// What is on the disk.
    pub(crate) ours: String,
    /// What the generator makes of how it is described now.
    pub(crate) theirs: String,
}

/// The text that has both changes, or the conflicts between them, each with its place and its lines.
pub(crate) enum Merged {
    Clean(String),
    Conflicts(Vec<String>),
}

impl Three<'_> {
    /// Merges them.
    ///
    /// # Errors
    /// `git` is not there.
    pub(crate) fn merge(mut self) -> Result<Merged, PlanError> {
        if self.ours == self.base || self.ours == self.theirs {
            return Ok(Merged::Clean(self.theirs));
        }
        if self.base == self.theirs {
            return Ok(Merged::Clean(self.ours));
        }
        let disk = self.ours.clone();
        self.merge_imports();
        let failed = |source| PlanError::File { path: self.path.to_owned(), source };
        let folder = TempDir::new().map_err(failed)?;
        for (name, text) in [("ours", &self.ours), ("base", &self.base), ("theirs", &self.theirs)] {
            fs::write(folder.path().join(name), text).map_err(failed)?;
        }
        let mut git = Command::new("git");
        git.current_dir(folder.path()).args(["-c", "merge.conflictStyle=merge", "merge-file", "-p"]);
        git.args(["-L", "as it is", "-L", "", "-L", "as it has to be", "ours", "base", "theirs"]);
        let output = git.output().map_err(|source| tree::failed("git", &source))?;
        let text = String::from_utf8(output.stdout)
            .map_err(|error| PlanError::Program { program: "git", report: error.to_string() })?;
        match output.status.code() {
            Some(0) => Ok(Merged::Clean(text)),
            // So many conflicts.
            Some(1..=127) => Ok(Merged::Conflicts(self.conflicts(&text, &disk))),
            _ => {
                Err(PlanError::Program { program: "git", report: String::from_utf8_lossy(&output.stderr).into_owned() })
            }
        }
    }

    /// Merges the names in each `use ..::{..};`, whose order and lines say nothing, and puts them into all three.
    fn merge_imports(&mut self) {
        for (start, _) in imports(&self.ours) {
            let list = |text: &str| imports(text).into_iter().find(|(known, _)| *known == start).map(|(_, list)| list);
            let (Some(base), Some(ours), Some(theirs)) = (list(&self.base), list(&self.ours), list(&self.theirs))
            else {
                continue;
            };
            let [before, mut names, after] =
                [(&self.base, &base), (&self.ours, &ours), (&self.theirs, &theirs)].map(|(text, list)| {
                    let names = text[list.clone()].split(',').map(|name| name.trim().to_owned());
                    names.filter(|name| !name.is_empty()).collect::<Vec<_>>()
                });
            names.retain(|name| after.contains(name) || !before.contains(name));
            let new: Vec<String> = after.into_iter().filter(|name| !names.contains(name)).collect();
            names.extend(new.into_iter().filter(|name| !before.contains(name)));
            let merged = names.join(", ");
            for (text, list) in [(&mut self.base, base), (&mut self.ours, ours), (&mut self.theirs, theirs)] {
                text.replace_range(list, &merged);
            }
        }
    }

    /// The conflicts in what `git merge-file` printed, by their lines on the disk.
    fn conflicts(&self, printed: &str, disk: &str) -> Vec<String> {
        let disk: Vec<&str> = disk.lines().collect();
        let (mut found, mut hunk, mut line) = (Vec::new(), None::<Vec<&str>>, 0);
        let mut before = "";
        for text in printed.lines() {
            if text.starts_with("<<<<<<< ") {
                hunk = Some(vec![text]);
            } else if let Some(lines) = &mut hunk {
                lines.push(text);
                if text.starts_with(">>>>>>> ") {
                    let own = lines[1];
                    let sought = if own == "=======" { before } else { own };
                    line += disk[line..].iter().position(|known| *known == sought).unwrap_or_default();
                    found.push(format!("{}:{}\n{}", self.path, line + 1, lines.join("\n")));
                    hunk = None;
                }
            } else {
                before = text;
            }
        }
        found
    }
}

/// The start of each `use ..::{`, and where its names are, when they have no lists of their own.
fn imports(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("::{") {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let start = &text[line..at];
        let Some(length) = text[at..].find('}') else { continue };
        let list = at + 3..at + length;
        let plain = !text[list.clone()].contains('{') && text[list.end..].starts_with("};");
        if plain && (start.trim_start().starts_with("use ") || start.trim_start().starts_with("pub")) {
            found.push((start.to_owned(), list));
        }
    }
    found
}
