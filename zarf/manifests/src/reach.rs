//! Every file is part of something: what no kustomization names is applied by nobody.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::object::items;
use crate::{Error, Finding, OVERLAYS, Rule};

/// What kustomize is asked to make, or makes something of.
const FOLDERS: [&str; 4] = ["base", "components", "overlays", "policy"];

pub(crate) fn check(k8s: &Path, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let mut reached = BTreeSet::new();
    for overlay in OVERLAYS {
        visit(&k8s.join("overlays").join(overlay), &mut reached)?;
    }
    for folder in FOLDERS {
        for file in crate::sources::files(&k8s.join(folder))? {
            if !reached.contains(&file) {
                let place = file.strip_prefix(k8s).unwrap_or(&file).display().to_string();
                findings.push(Finding::new(Rule::Reach, place, "no kustomization of an overlay leads to it"));
            }
        }
    }
    Ok(())
}

/// A folder with a kustomization, and all that it names.
fn visit(folder: &Path, reached: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    let file = folder.join("kustomization.yaml");
    if !reached.insert(file.clone()) {
        return Ok(());
    }
    for document in crate::documents(&file)? {
        let listed = ["/resources", "/components"].into_iter().flat_map(|list| items(&document, list));
        let patches = items(&document, "/patches").filter_map(|patch| patch.get("path"));
        let generated =
            items(&document, "/configMapGenerator").flat_map(|map| items(map, "/files").chain(items(map, "/envs")));
        for name in listed.chain(patches).chain(generated).filter_map(Value::as_str) {
            // A file may be given another name: `key=file`.
            let path = plain(&folder.join(name.rsplit_once('=').map_or(name, |(_, file)| file)));
            if path.is_dir() {
                visit(&path, reached)?;
            } else {
                reached.insert(path);
            }
        }
    }
    Ok(())
}

/// Without `..`, so that a file has one name.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}
