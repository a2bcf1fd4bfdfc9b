//! The files of a clone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// Folders that hold nothing of the tree.
const SKIPPED: &[&str] = &["target", "node_modules", ".git", ".marquee"];

/// The root folder of a clone.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The clone at `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Its root folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str) -> Result<String, Error> {
        let place = self.root.join(path);
        fs::read_to_string(&place).map_err(|source| Error::Read { path: place, source })
    }

    /// The text of a file; `None` when it is not there.
    pub(crate) fn find(&self, path: &str) -> Result<Option<String>, Error> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is such a file or folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Every file below a folder that `wanted` takes, by its path from the root, in order; none when there is no such
    /// folder.
    pub(crate) fn files(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![folder.trim_end_matches('/').to_owned()];
        while let Some(folder) = folders.pop() {
            for (path, is_folder) in self.entries(&folder)? {
                if is_folder {
                    folders.push(path);
                } else if wanted(&path) {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The folders right below a folder.
    pub(crate) fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        let folders = self.entries(folder)?.into_iter().filter(|(_, is_folder)| *is_folder);
        let mut folders: Vec<String> = folders.map(|(path, _)| path).collect();
        folders.sort_unstable();
        Ok(folders)
    }

    fn entries(&self, folder: &str) -> Result<Vec<(String, bool)>, Error> {
        let place = self.root.join(folder);
        let unread = |source| Error::Read { path: place.clone(), source };
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unread(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unread)?;
            let kind = entry.file_type().map_err(unread)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !(kind.is_dir() && SKIPPED.contains(&name.as_str())) {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                found.push((path, kind.is_dir()));
            }
        }
        Ok(found)
    }

    /// The documents that people read: Markdown at the root and below `zarf`.
    pub(crate) fn documents(&self) -> Result<Vec<(String, String)>, Error> {
        let is_document = |path: &str| path.ends_with(".md");
        let mut paths: Vec<String> =
            self.entries("")?.into_iter().map(|(path, _)| path).filter(|path| is_document(path)).collect();
        paths.sort_unstable();
        paths.extend(self.files("zarf", is_document)?);
        paths.into_iter().map(|path| self.read(&path).map(|text| (path, text))).collect()
    }
}
