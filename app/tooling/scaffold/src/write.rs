//! Writing a plan: every file of it, or none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::plan::{File, Plan, PlanError, Removed};

/// What was done so far, to undo it.
#[derive(Default)]
struct Done<'a> {
    folders: Vec<PathBuf>,
    written: Vec<&'a File>,
    removed: Vec<(&'a Removed, fs::Permissions)>,
}

impl Plan {
    /// Writes every file and removes those that go, or leaves the tree as it is.
    ///
    /// # Errors
    /// A file has changes that are not committed, or can't be written.
    pub fn write(&self) -> Result<(), PlanError> {
        self.refuse_dirty()?;
        let mut done = Done::default();
        let outcome = self.write_all(&mut done).and_then(|()| self.remove_all(&mut done));
        if outcome.is_err() {
            self.undo(&done);
        }
        outcome
    }

    /// Every text is on the disk before the first takes its place.
    fn write_all<'a>(&'a self, done: &mut Done<'a>) -> Result<(), PlanError> {
        let mut ready = Vec::new();
        for file in &self.files {
            let failed = |source| failure(&file.path, source);
            let place = self.root.join(&file.path);
            let folder = place.parent().unwrap_or(&self.root);
            create_folders(folder, &mut done.folders).map_err(failed)?;
            let mut temporary = NamedTempFile::new_in(folder).map_err(failed)?;
            temporary.write_all(file.text.as_bytes()).map_err(failed)?;
            let known = file.from.as_ref().map_or_else(|| place.clone(), |from| self.root.join(from));
            let permissions = fs::metadata(known).map_or_else(|_| readable(), |metadata| metadata.permissions());
            temporary.as_file().set_permissions(permissions).map_err(failed)?;
            ready.push((file, place, temporary));
        }
        for (file, place, temporary) in ready {
            temporary.persist(place).map_err(|error| failure(&file.path, error.error))?;
            done.written.push(file);
        }
        Ok(())
    }

    fn remove_all<'a>(&'a self, done: &mut Done<'a>) -> Result<(), PlanError> {
        for removed in &self.removed {
            let place = self.root.join(&removed.path);
            let failed = |source| failure(&removed.path, source);
            let permissions = fs::symlink_metadata(&place).map_err(failed)?.permissions();
            fs::remove_file(&place).map_err(failed)?;
            done.removed.push((removed, permissions));
        }
        for removed in &self.removed {
            let above = Path::new(&removed.path).ancestors().skip(1).map(|folder| self.root.join(folder));
            for folder in above.take_while(|folder| *folder != self.root) {
                // One that still has something stays.
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// As well as it can be done: what fails here is told by the failure that led here.
    fn undo(&self, done: &Done<'_>) {
        for file in &done.written {
            let place = self.root.join(&file.path);
            let _ = match &file.before {
                Some(before) => fs::write(place, before),
                None => fs::remove_file(place),
            };
        }
        for (removed, permissions) in &done.removed {
            let place = self.root.join(&removed.path);
            let _ = fs::create_dir_all(place.parent().unwrap_or(&self.root));
            let _ = fs::write(&place, &removed.before);
            let _ = fs::set_permissions(place, permissions.clone());
        }
        for folder in done.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn failure(path: &str, source: io::Error) -> PlanError {
    PlanError::File { path: path.to_owned(), source }
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
