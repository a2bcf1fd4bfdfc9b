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
        git.current_dir(folder.path()).args([
            "merge-file",
            "-p",
            "--diff3",
            "-L",
            "as it is",
            "-L",
            "as it was generated",
        ]);
        let output = git.args(["-L", "as it has to be", "ours", "base", "theirs"]).output();
        let output = output.map_err(|source| tree::failed("git", &source))?;
        let text = String::from_utf8(output.stdout)
            .map_err(|error| PlanError::Program { program: "git", report: error.to_string() })?;
        match output.status.code() {
            Some(0) => Ok(Merged::Clean(text)),
            // So many conflicts.
            Some(1..=127) => Ok(self.settled(&text, &disk)),
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

    /// What `git merge-file` printed, with both sides where they are beside each other; the conflicts that are left by
    /// their lines on the disk.
    fn settled(&self, printed: &str, disk: &str) -> Merged {
        let disk: Vec<&str> = disk.lines().collect();
        let (mut text, mut conflicts, mut at) = (String::new(), Vec::new(), 0);
        let mut lines = printed.split_inclusive('\n');
        let mut before = "";
        while let Some(line) = lines.next() {
            if !line.starts_with("<<<<<<< ") {
                text.push_str(line);
                before = line;
                continue;
            }
            let mut hunk = line.to_owned();
            let mut sides = [String::new(), String::new(), String::new()];
            let mut side = 0;
            for line in lines.by_ref() {
                hunk.push_str(line);
                match line {
                    _ if line.starts_with("||||||| ") => side = 1,
                    "=======\n" => side = 2,
                    _ if line.starts_with(">>>>>>> ") => break,
                    _ => sides[side].push_str(line),
                }
            }
            let [ours, base, theirs] = &sides;
            if let Some(both) = self.both(ours, base, theirs) {
                text.push_str(&both);
                continue;
            }
            let first = ours.lines().next().unwrap_or(before.trim_end());
            at += disk[at..].iter().position(|known| *known == first).unwrap_or_default();
            conflicts.push(format!("{}:{}\n{}", self.path, at + 1, hunk.trim_end()));
        }
        if conflicts.is_empty() { Merged::Clean(text) } else { Merged::Conflicts(conflicts) }
    }

    /// Both sides of a conflict that only their being neighbours makes one.
    fn both(&self, ours: &str, base: &str, theirs: &str) -> Option<String> {
        if base.trim().is_empty() {
            let apart = [ours, theirs].iter().all(|side| self.stands_alone(side));
            return apart.then(|| format!("{}\n\n{}", ours.trim_end(), theirs.trim_start()));
        }
        // One side only adds, before or after what the other changes.
        for (grown, changed) in [(theirs, ours), (ours, theirs)] {
            match (grown.strip_prefix(base), grown.strip_suffix(base)) {
                _ if changed.trim().is_empty() => {}
                (Some(more), _) => return Some(format!("{changed}{more}")),
                (None, Some(more)) => return Some(format!("{more}{changed}")),
                (None, None) => {}
            }
        }
        None
    }

    /// Whether these lines mean the same before and after others: whole items of Rust, whole entries of a manifest.
    fn stands_alone(&self, lines: &str) -> bool {
        let at_margin = |line: &str| !line.starts_with(char::is_whitespace);
        if self.path.ends_with(".toml") {
            return lines.lines().filter(|line| !line.is_empty()).all(|line| at_margin(line) && line.contains(" = "));
        }
        let pairs = [('(', ')'), ('[', ']'), ('{', '}')];
        let balanced = pairs.iter().all(|(open, close)| lines.matches(*open).count() == lines.matches(*close).count());
        let first = lines.lines().find(|line| !line.trim().is_empty());
        let closed = lines.trim_end().ends_with(['}', ';']);
        self.path.ends_with(".rs")
            && first.is_some_and(|line| at_margin(line) && !line.starts_with('}'))
            && balanced
            && closed
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
