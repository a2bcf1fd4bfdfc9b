//! `admin new`: what it says; what it writes is tried where it is made.

use std::path::Path;
use std::process::Command;

use crate::run::{admin, run};

/// The command in the clone that this program is from, which it only looks at.
fn in_clone(members: &[&str]) -> Command {
    let mut command = admin(&[&["new", "resource", "specimen"], members].concat());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command
}

#[test]
fn a_dry_run_prints_every_file_and_writes_none() {
    let members = ["found_at:timestamptz,sortable", "grams:int(1..500)", "note:text?", "--dry-run"];
    let ran = run(in_clone(&members)).ended(0);
    for path in ["==> business/domain/specimenbus/src/store.rs <==", "==> app/sdk/auth/src/policy.rs <=="] {
        assert!(ran.out.contains(path), "{path}");
    }
    let files = run(in_clone(&[&members[..], &["--json"]].concat())).ended(0).json();
    let files = files.as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["new"] == true).count(), 31);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    for file in files.iter().filter(|file| file["new"] == true) {
        assert!(!root.join(file["path"].as_str().unwrap()).exists(), "{}", file["path"]);
    }
}

#[test]
fn a_fault_in_the_line_is_pointed_at() {
    let ran = run(in_clone(&["grams:itn(1..500)", "note:text"])).ended(2);
    assert!(ran.err.contains("expected a type, found `itn`; did you mean `int`?"), "{}", ran.err);
    let lines: Vec<&str> = ran.err.lines().collect();
    let line = lines.iter().position(|line| line.contains("specimen grams:itn(1..500) note:text")).unwrap();
    assert_eq!(lines[line + 1].find('^'), lines[line].find("itn"), "{}", ran.err);
}

#[test]
fn outside_of_a_clone_there_is_nowhere_to_write() {
    let mut command = admin(&["new", "resource", "specimen", "grams:int", "is_rare:bool"]);
    command.current_dir("/");
    assert!(run(command).ended(3).err.contains("no clone"));
}

#[test]
fn what_is_there_already_is_not_written_over() {
    let mut command = admin(&["new", "resource", "movie", "title:text,sortable", "year:int"]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    let ran = run(command).ended(4);
    assert!(ran.err.contains("nothing was written") && ran.err.contains("moviebus is there already"), "{}", ran.err);
}
