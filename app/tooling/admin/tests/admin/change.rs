//! `admin add`, `admin rename`, `admin remove`: what they say; what they write is tried where it is made.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::run::{admin, run};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// A clone of this one, as far as a resource needs it, with specimens in it.
struct Museum {
    folder: TempDir,
}

impl Museum {
    fn new() -> Self {
        let museum = Self { folder: TempDir::new().unwrap() };
        let files = museum.git_in(Path::new(ROOT), &["ls-files", "--cached", "--others", "--exclude-standard"]);
        let wanted = |path: &&str| {
            let domain = path.contains("/domain/") || path.starts_with("zarf/") || path.starts_with("app/tooling/");
            // What makes the folder a clone to the program.
            (!domain || *path == "app/tooling/admin/Cargo.toml") && Path::new(ROOT).join(path).is_file()
        };
        for path in files.lines().filter(wanted) {
            let place = museum.folder.path().join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::copy(Path::new(ROOT).join(path), place).unwrap();
        }
        museum.git(&["init", "-q"]);
        museum.commit();
        let members = ["found_at:timestamptz,sortable", "grams:int(1..500)", "note:text?"];
        run(museum.admin(&[&["new", "resource", "specimen"], &members[..]].concat())).ended(0);
        museum.commit();
        museum
    }

    fn admin(&self, words: &[&str]) -> Command {
        let mut command = admin(words);
        command.current_dir(self.folder.path());
        command
    }

    fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_in(self.folder.path(), arguments)
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "state"]);
    }

    fn changes(&self) -> String {
        self.git(&["status", "--porcelain"])
    }
}

#[test]
fn a_member_is_added_and_what_to_test_is_said() {
    let museum = Museum::new();
    let patch = run(museum.admin(&["add", "field", "specimen", "subtitle:text(80)?", "--dry-run"])).ended(0).out;
    assert!(patch.contains("+    \"subtitle:text(80)?\","), "{patch}");
    assert_eq!(museum.changes(), "");
    let ran = run(museum.admin(&["add", "field", "specimen", "subtitle:text(80)?"])).ended(0).out;
    for line in [
        "changed  business/domain/specimenbus/src/store.rs",
        "_specimens_subtitle.sql",
        "cargo test -p specimenbus -p specimenapp",
    ] {
        assert!(ran.contains(line), "{line}: {ran}");
    }
    assert!(museum.changes().contains("business/domain/specimenbus/src/store.rs"));
}

#[test]
fn a_fault_in_the_member_is_pointed_at() {
    let museum = Museum::new();
    let ran = run(museum.admin(&["add", "field", "specimen", "grade:itn(1..5)"])).ended(2);
    let lines: Vec<&str> = ran.err.lines().collect();
    let line = lines.iter().position(|line| line.trim() == "grade:itn(1..5)").unwrap();
    assert_eq!(lines[line + 1].find('^'), lines[line].find("itn"), "{}", ran.err);
    let refused = run(museum.admin(&["add", "field", "specimen", "grade:int(1..5)"])).ended(4).err;
    assert!(refused.contains("nothing was written") && refused.contains(",default="), "{refused}");
    run(museum.admin(&["add", "field", "fossil", "grade:int(1..5)?"])).ended(3);
    assert_eq!(museum.changes(), "");
}

#[test]
fn lines_that_are_in_the_way_are_shown() {
    let museum = Museum::new();
    let path = "business/domain/specimenbus/src/store.rs";
    let place = museum.folder.path().join(path);
    let text = std::fs::read_to_string(&place).unwrap();
    let edited = text.replace("greatest(updated_at, $", "greatest(now(), $");
    assert_ne!(text, edited);
    std::fs::write(&place, edited).unwrap();
    museum.commit();
    let err = run(museum.admin(&["add", "field", "specimen", "subtitle:text?"])).ended(4).err;
    for shown in
        ["nothing was written", &format!("{path}:"), "<<<<<<< as it is", "greatest(now(), $", ">>>>>>> as it has to be"]
    {
        assert!(err.contains(shown), "{shown}: {err}");
    }
    assert_eq!(museum.changes(), "");
}

#[test]
fn a_resource_is_renamed_and_removed_with_what_there_is_to_know() {
    let museum = Museum::new();
    let document = run(museum.admin(&["rename", "resource", "specimen", "find", "--json"])).ended(0).json();
    let files = document["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["from"] == "business/domain/specimenbus/src/lib.rs"), "{document}");
    assert!(document["notes"][0].as_str().unwrap().contains("/v1/finds in place of /v1/specimens"), "{document}");
    museum.commit();
    let told = run(museum.admin(&["remove", "resource", "find"])).ended(0).out;
    for line in ["removed  app/domain/findapp/src/lib.rs", "drops the table finds with all rows", "_finds_removed.sql"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!museum.folder.path().join("app/domain/findapp").exists());
}
