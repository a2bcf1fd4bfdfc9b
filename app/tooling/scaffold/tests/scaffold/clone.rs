//! A tree that has what a clone has, as far as a new resource touches it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

const FILES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "rustfmt.toml",
    "app/sdk/apitest/src/conformance.rs",
    "app/sdk/auth/src/policy.rs",
    "app/sdk/auth/tests/auth/policy.rs",
    "app/services/accounts/Cargo.toml",
    "app/services/accounts/src/lib.rs",
    "app/services/catalog/Cargo.toml",
    "app/services/catalog/src/lib.rs",
    "app/services/orders/Cargo.toml",
    "app/services/orders/src/lib.rs",
    "app/services/platform/Cargo.toml",
    "app/services/platform/src/lib.rs",
    "app/services/platform/tests/platform/policy/lines.rs",
    "business/sdk/migrate/migrations/0001_extensions.sql",
    "business/sdk/migrate/migrations/0002_users.sql",
    "business/types/src/id.rs",
    "business/types/src/lib.rs",
];

/// The tree, gone when this is dropped.
pub(crate) struct Clone {
    folder: TempDir,
}

impl Clone {
    pub(crate) fn new() -> Self {
        let clone = Self { folder: TempDir::new().unwrap() };
        for path in FILES {
            let place = clone.root().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::copy(Path::new(ROOT).join(path), place).unwrap();
        }
        clone.git(&["init", "-q"]);
        clone.commit();
        clone
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "state"]);
    }

    /// Every file with its text, and every folder, by its path.
    pub(crate) fn all(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.ends_with(".git") {
                    continue;
                }
                let text = if path.is_dir() { String::new() } else { fs::read_to_string(&path).unwrap() };
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.insert(path, text);
            }
        }
        found
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").arg("-C").arg(self.root()).args(arguments).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
}
