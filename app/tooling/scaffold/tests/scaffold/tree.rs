//! All of the files, or none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use scaffold::{PlanError, Resource, parse, plan};

use crate::clone::Clone;

/// A resource that no clone has.
fn specimen() -> Resource {
    let members =
        ["found_at:timestamptz,sortable", "grams:int(1..500),default=100", "price:money,sortable", "note:text?"];
    parse(&[&["specimen"], &members[..]].concat(), None).unwrap()
}

#[test]
fn a_plan_alone_writes_nothing() {
    let clone = Clone::new();
    let before = clone.all();
    let plan = plan(clone.root(), &specimen()).unwrap();
    assert_eq!(clone.all(), before);
    let paths: Vec<_> = plan.files().iter().map(|file| file.path.as_str()).collect();
    for path in [
        "business/domain/specimenbus/src/store.rs",
        "app/domain/specimenapp/src/route.rs",
        "business/sdk/migrate/migrations/0003_specimens.sql",
        "app/sdk/auth/src/policy.rs",
    ] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
}

#[test]
fn every_file_is_written_as_it_was_planned_and_no_other_is_touched() {
    let clone = Clone::new();
    let mut expected = clone.all();
    let plan = plan(clone.root(), &specimen()).unwrap();
    plan.write().unwrap();
    expected.extend(plan.files().iter().map(|file| (clone.root().join(&file.path), file.text.clone())));
    let written = clone.all();
    let files = written.iter().filter(|(path, _)| path.is_file());
    let expected: Vec<_> = expected.iter().filter(|(path, _)| path.is_file()).collect();
    assert_eq!(files.collect::<Vec<_>>(), expected);
    let mode = fs::metadata(clone.root().join("app/domain/specimenapp/src/lib.rs")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (one, other) = (Clone::new(), Clone::new());
    let files = |clone: &Clone| plan(clone.root(), &specimen()).unwrap().files().to_vec();
    assert_eq!(files(&one), files(&other));
}

#[test]
fn every_wired_file_keeps_what_it_had() {
    let clone = Clone::new();
    let plan = plan(clone.root(), &specimen()).unwrap();
    for file in plan.files() {
        let Some(before) = &file.before else { continue };
        assert_ne!(&file.text, before, "{}", file.path);
        // One line of it may be wrapped anew.
        let lost = before.lines().filter(|line| !file.text.lines().any(|kept| kept == *line)).count();
        assert!(lost <= 1, "{}", file.path);
    }
}

#[test]
fn a_second_resource_stands_beside_the_first_and_leaves_it_as_it_is() {
    let clone = Clone::new();
    plan(clone.root(), &specimen()).unwrap().write().unwrap();
    clone.commit();
    let corridor = parse(&["corridor", "name:text(50),sortable", "rows_of_seats:int(1..99)"], None).unwrap();
    let before = clone.all();
    plan(clone.root(), &corridor).unwrap().write().unwrap();
    let after = clone.all();
    for (path, text) in before.iter().filter(|(path, _)| path.to_string_lossy().contains("specimen")) {
        assert_eq!(&after[path], text, "{}", path.display());
    }
    let ids = clone.read("business/types/src/lib.rs");
    assert!(ids.contains("CorridorId") && ids.contains("SpecimenId"));
    assert!(clone.root().join("business/sdk/migrate/migrations/0004_corridors.sql").exists());
}

#[test]
fn a_resource_that_is_there_is_refused() {
    let clone = Clone::new();
    plan(clone.root(), &specimen()).unwrap().write().unwrap();
    assert!(matches!(plan(clone.root(), &specimen()), Err(PlanError::Exists(_))));
    let movie = parse(&["movie", "title:text,sortable", "year:int"], None).unwrap();
    assert!(matches!(plan(clone.root(), &movie), Err(PlanError::Exists(_))), "its crates are elsewhere, its ids here");
}

#[test]
fn a_missing_place_is_named_and_nothing_is_written() {
    let clone = Clone::new();
    for (path, mark) in [
        ("app/sdk/auth/src/policy.rs", "// `admin new resource` adds rows above this line."),
        ("app/services/platform/src/lib.rs", "// `admin new resource` adds tables above this line."),
        ("business/types/src/id.rs", "// `admin new resource` adds ids above this line."),
        ("Cargo.toml", "# `admin new resource` adds its app crate above this line."),
    ] {
        let text = clone.read(path);
        clone.write(path, &text.replace(mark, ""));
        let before = clone.all();
        match plan(clone.root(), &specimen()) {
            Err(PlanError::Place { path: named, mark: missing }) => {
                assert_eq!((named.as_str(), missing.as_str()), (path, mark));
            }
            other => panic!("{path}: {other:?}"),
        }
        assert_eq!(clone.all(), before);
        clone.write(path, &text);
    }
}

#[test]
fn what_is_not_committed_is_not_written_over() {
    let clone = Clone::new();
    let path = "app/services/platform/src/lib.rs";
    clone.write(path, &format!("{}// mine\n", clone.read(path)));
    let before = clone.all();
    let plan = plan(clone.root(), &specimen()).unwrap();
    let refused = plan.write().unwrap_err();
    assert!(refused.to_string().contains(path), "{refused}");
    assert_eq!(clone.all(), before);
    clone.commit();
    plan.write().unwrap();
    assert!(clone.read(path).contains("// mine"));
}

#[test]
fn a_failure_on_the_way_leaves_the_tree_as_it_was() {
    let clone = Clone::new();
    let plan = plan(clone.root(), &specimen()).unwrap();
    // A file where a folder has to be made, after others were made: the folder of the last new file.
    let place = clone.root().join("app/domain");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("specimenapp"), "in the way").unwrap();
    let before = clone.all();
    let refused = plan.write().unwrap_err();
    assert!(matches!(refused, PlanError::File { .. }), "{refused:?}");
    assert_eq!(clone.all(), before);
}
