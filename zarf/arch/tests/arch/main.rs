//! Each rule bites: in a sound workspace one violation is planted, and exactly that one is reported.

mod edges;
mod fixture;
mod manifests;
mod shape;
mod sources;

use std::path::Path;

use arch::Error;

#[test]
fn this_workspace_keeps_its_architecture() {
    let violations = arch::check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).unwrap();
    let listed: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(listed.is_empty(), "{} broken rules\n\n{}\n", listed.len(), listed.join("\n\n"));
}

#[test]
fn a_sound_workspace_breaks_no_rule() {
    fixture::Fixture::sound().finds(&[]);
}

#[test]
fn a_violation_says_where_what_which_rule_and_the_mend() {
    let fixture = fixture::Fixture::sound().depends("business/domain/moviebus", "dependencies", "mux");
    let [violation] = fixture.check().try_into().unwrap();
    assert_eq!(
        violation.to_string(),
        "moviebus -> mux: business/domain reaches up to app/sdk
  rule: dependencies flow only downward: app, business, foundation
  mend: pass the value in as an argument, or move what both need down a layer"
    );
}

#[test]
fn a_folder_without_a_workspace_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(arch::check(folder.path()), Err(Error::Metadata { .. })));
}
