//! The files that manifests are made from: all of them used, none with a secret, and what was rendered made from these.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use crate::{Error, Finding, Rule, reach};

/// The files below `zarf/k8s` and `zarf/compose`.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree of the repository at `root`.
    ///
    /// # Errors
    /// There is no such tree.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(|source| Error::Read { path: root.to_owned(), source })?;
        Ok(Self { root })
    }

    /// Every broken rule.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn judge(&self) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        let k8s = self.root.join("zarf/k8s");
        reach::check(&k8s, &mut findings)?;
        for folder in ["zarf/k8s", "zarf/compose", "zarf/kind", "zarf/docker"] {
            for file in files(&self.root.join(folder))? {
                let place = file.strip_prefix(&self.root).unwrap_or(&file).display().to_string();
                let text = crate::text(&file)?;
                findings.extend(
                    secrets(&text).map(|(line, what)| Finding::new(Rule::Secret, format!("{place}:{line}"), what)),
                );
            }
        }
        let sealed = crate::text(&k8s.join("rendered/SOURCES.sha256"))?;
        if sealed.trim() != seal(&self.root)? {
            let what = "what was rendered is not of these sources: make k8s-render";
            findings.push(Finding::new(Rule::Golden, "zarf/k8s/rendered", what));
        }
        Ok(findings)
    }
}

/// One digest of all that kustomize reads, and of what it made: their paths and bytes, in the order of the paths.
///
/// # Errors
/// A file cannot be read.
pub fn seal(root: &Path) -> Result<String, Error> {
    let mut digest = Context::new(&SHA256);
    let zarf = root.join("zarf");
    for folder in
        ["k8s/base", "k8s/components", "k8s/overlays", "k8s/policy", "k8s/rendered", "observability/dashboards"]
    {
        for file in files(&zarf.join(folder))? {
            if file.extension().is_some_and(|extension| extension == "sha256") {
                continue;
            }
            let path = file.strip_prefix(&zarf).unwrap_or(&file).display().to_string();
            let bytes = crate::text(&file)?;
            digest.update(format!("{path} {}\n", bytes.len()).as_bytes());
            digest.update(bytes.as_bytes());
        }
    }
    Ok(digest.finish().as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// Every file below a folder, in the order of the paths.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|source| Error::Read { path: folder.clone(), source })? {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Lines with a secret in them, counted from 1.
fn secrets(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    text.lines().enumerate().filter_map(|(line, text)| {
        let what = if text.contains(concat!("PRIVATE", " KEY-----")) {
            "a private key"
        } else if has_password_in_url(text) {
            "a URL with a password"
        } else if has_plain_password(text) {
            "a password"
        } else {
            return None;
        };
        Some((line + 1, what))
    })
}

/// `scheme://user:password@`, where the password is written out.
fn has_password_in_url(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"']).next().unwrap_or_default();
        // What is filled in later has braces, or is a variable.
        let Some((credentials, _)) = rest.split_once('@').filter(|_| authority.contains(':')) else {
            return false;
        };
        credentials.split_once(':').is_some_and(|(_, password)| {
            !password.is_empty() && !password.contains(['{', '$', '/', ' ']) && !password.starts_with("password")
        })
    })
}

/// `..PASSWORD: value` or `password: "value"`, where the value is written out.
fn has_plain_password(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ");
    let Some((name, value)) = line.split_once([':', '=']) else {
        return false;
    };
    let is_password = name.to_lowercase().ends_with("password") && !name.contains([' ', '#']);
    let value = value.trim().trim_matches('"');
    is_password && !value.is_empty() && !value.contains(['{', '$', '/']) && !value.starts_with("../")
}
