//! Faults of the files themselves, each in a copy of the real ones.

use std::fs;
use std::path::Path;

use manifests::{Finding, Rule, Tree, seal};
use tempfile::TempDir;

use crate::{comes_out, root};

/// A copy of what the rules look at.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["zarf/k8s", "zarf/compose", "zarf/kind", "zarf/docker", "zarf/observability/dashboards"] {
        copy_folder(&root().join(folder), &copy.path().join(folder));
    }
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

fn findings(copy: &TempDir) -> Vec<Finding> {
    Tree::read(copy.path()).unwrap().judge().unwrap()
}

/// Writes down that what was rendered is of the sources as they are now.
fn sealed(copy: &TempDir) {
    fs::write(copy.path().join("zarf/k8s/rendered/SOURCES.sha256"), seal(copy.path()).unwrap()).unwrap();
}

#[test]
fn a_source_that_was_changed_and_not_rendered_and_the_other_way_round() {
    for file in [
        "zarf/k8s/base/orders/settings.env",
        "zarf/k8s/rendered/prod.yaml",
        "zarf/observability/dashboards/kustomization.yaml",
    ] {
        let copy = copy();
        let path = copy.path().join(file);
        fs::write(&path, fs::read_to_string(&path).unwrap() + "# one line more\n").unwrap();
        comes_out(&findings(&copy), Rule::Golden, "zarf/k8s/rendered", "make k8s-render");
        sealed(&copy);
        assert!(findings(&copy).is_empty());
    }
}

#[test]
fn a_file_that_no_kustomization_leads_to() {
    let copy = copy();
    fs::write(copy.path().join("zarf/k8s/base/orders/hpa.yaml"), "kind: HorizontalPodAutoscaler\n").unwrap();
    sealed(&copy);
    comes_out(&findings(&copy), Rule::Reach, "base/orders/hpa.yaml", "no kustomization");
}

#[test]
fn a_secret_that_is_written_down() {
    let key = concat!("-----BEGIN PRIVATE", " KEY-----");
    let url = ["db: postgres://marquee:", "hunter2@postgres/marquee"].concat();
    for (line, what) in
        [(key, "a private key"), (&*url, "a URL with a password"), ("  POSTGRES_PASSWORD: hunter2", "a password")]
    {
        let copy = copy();
        let path = copy.path().join("zarf/compose/compose.yaml");
        fs::write(&path, format!("{line}\n{}", fs::read_to_string(&path).unwrap())).unwrap();
        comes_out(&findings(&copy), Rule::Secret, "zarf/compose/compose.yaml:1", what);
    }
}
