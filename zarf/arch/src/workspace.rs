//! The workspace as the rules see it: crates in rooms, edges between them, the files they own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::Error;

/// A layer; a greater one may use a smaller one. `Zarf` wraps them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Foundation,
    Business,
    App,
    Zarf,
}

/// A folder of the tree that holds crates (or, for `business/types`, is one).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) folder: &'static str,
    pub(crate) layer: Layer,
    /// Within a layer, a room may use the rooms below it.
    pub(crate) rank: u8,
    /// Whether the crates of this room may use each other.
    pub(crate) open: bool,
    /// What the crates' names end with.
    pub(crate) suffixes: &'static [&'static str],
}

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// None when the crate lies outside the tree.
    pub(crate) room: Option<&'static Room>,
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a crate's dependencies.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) section: Section,
    /// Whether it is a crate of this workspace.
    pub(crate) member: bool,
}

/// Which dependencies a line stands in. Build dependencies count as normal ones: they run on the way to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Normal,
    Dev,
}

/// Everything that is read once.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<Crate>,
}

/// The rooms of the tree.
static ROOMS: &[Room] = &[
    Room { folder: "app/tooling", layer: Layer::App, rank: 3, open: false, suffixes: &[] },
    Room { folder: "app/services", layer: Layer::App, rank: 2, open: false, suffixes: &[] },
    Room { folder: "app/domain", layer: Layer::App, rank: 1, open: false, suffixes: &["app"] },
    Room { folder: "app/sdk", layer: Layer::App, rank: 0, open: true, suffixes: &[] },
    Room { folder: "business/domain", layer: Layer::Business, rank: 2, open: false, suffixes: &["bus", "view"] },
    Room { folder: "business/sdk", layer: Layer::Business, rank: 1, open: true, suffixes: &[] },
    Room { folder: "business/types", layer: Layer::Business, rank: 0, open: false, suffixes: &[] },
    Room { folder: "foundation", layer: Layer::Foundation, rank: 0, open: true, suffixes: &[] },
    Room { folder: "zarf", layer: Layer::Zarf, rank: 0, open: true, suffixes: &[] },
];

impl Workspace {
    /// Reads the manifests below `root`. Needs neither network nor lock file: edges are taken as they are declared.
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec()
            .map_err(|source| Error::Metadata { root: root.to_owned(), source })?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
        let mut crates: Vec<Crate> =
            metadata.packages.iter().map(|package| Crate::new(package, &root, &members)).collect();
        crates.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(Self { root, crates })
    }

    /// The crate of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.name == name)
    }

    /// The files below `folder` (relative to the root) with one of the extensions, sorted, relative to the root.
    /// Build output and hidden folders are left out; a folder that does not exist has no files.
    pub(crate) fn files(&self, folder: &str, extensions: &[&str]) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut pending = vec![folder.to_owned()];
        while let Some(folder) = pending.pop() {
            let path = self.root.join(&folder);
            if !path.is_dir() {
                continue;
            }
            let entries = fs::read_dir(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
            for entry in entries {
                let entry = entry.map_err(|source| Error::Read { path: path.clone(), source })?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let inside = format!("{folder}/{name}");
                if entry.path().is_dir() {
                    if !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
                        pending.push(inside);
                    }
                } else if name.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension)) {
                    found.push(inside);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The text of a file, with what is no UTF-8 replaced.
    pub(crate) fn text(&self, file: &str) -> Result<String, Error> {
        let path = self.root.join(file);
        let bytes = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Crate {
    fn new(package: &Package, root: &Path, members: &BTreeSet<&str>) -> Self {
        let folder = package.manifest_path.parent().map_or_else(String::new, |folder| {
            folder.as_std_path().strip_prefix(root).unwrap_or(folder.as_std_path()).to_string_lossy().into_owned()
        });
        let dependencies = package.dependencies.iter().map(|dependency| Dependency {
            member: dependency.path.is_some() && members.contains(dependency.name.as_str()),
            name: dependency.name.clone(),
            section: match dependency.kind {
                DependencyKind::Development => Section::Dev,
                _ => Section::Normal,
            },
        });
        Self {
            name: package.name.to_string(),
            description: package.description.clone(),
            room: ROOMS.iter().find(|room| room.holds(&folder)),
            dependencies: dependencies.collect(),
            folder,
        }
    }

    /// Whether the crate's room is the folder.
    pub(crate) fn lives_in(&self, folder: &str) -> bool {
        self.room.is_some_and(|room| room.folder == folder)
    }

    /// Whether the crate's layer is this one.
    pub(crate) fn is_of(&self, layer: Layer) -> bool {
        self.room.is_some_and(|room| room.layer == layer)
    }
}

impl Room {
    /// A crate lies directly in its room, or is the room.
    fn holds(&self, folder: &str) -> bool {
        folder == self.folder
            || folder
                .strip_prefix(self.folder)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.is_empty() && !name.contains('/') && self.folder != "business/types")
    }
}
