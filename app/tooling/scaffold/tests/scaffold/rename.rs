//! Another name for a resource that a team worked on.

use scaffold::{PlanError, remove, rename};

use crate::team::{MEMBERS, ROUTES, RULES, code, done, edit, edited, migration, resource, specimens, with};

#[test]
fn a_resource_that_nobody_edited_becomes_what_the_line_with_the_other_name_gives() {
    for other in ["find", "price_list", "unit"] {
        let clone = specimens();
        done(&clone, rename(clone.root(), "specimen", other, None));
        assert_eq!(code(&clone), code(&with(&[resource(other, MEMBERS)])), "{other}");
    }
}

#[test]
fn what_was_edited_by_hand_in_any_file_is_kept_under_the_new_name_and_comes_back_as_it_was() {
    let clone = edited();
    let before = code(&clone);
    done(&clone, rename(clone.root(), "specimen", "art_object", None));
    for (path, text) in [
        ("business/domain/artobjectbus/src/lib.rs", "tracing_is_not_here();"),
        ("business/domain/artobjectbus/src/store.rs", "// Once for each art object."),
        ("business/domain/artobjectbus/src/model.rs", "impl ArtObject {\n    /// Whether it's heavy."),
        ("business/domain/artobjectbus/src/event.rs", "/// An art object has no secrets."),
        ("business/domain/artobjectbus/Cargo.toml", "chrono.workspace = true"),
        ("app/domain/artobjectapp/src/route.rs", "The art objects that were found last come first."),
        ("app/domain/artobjectapp/src/error.rs", "our art object has version"),
        ("app/domain/artobjectapp/tests/artobjectapp/art_objects.rs", "\"one art object\""),
        (
            "app/services/platform/tests/platform/policy/lines/art_objects.rs",
            "//! Art objects: they belong to the museum.",
        ),
        ("business/domain/artobjectbus/tests/artobjectbus/art_object_rules.rs", "use artobjectbus::ArtObject;"),
        (
            "business/domain/artobjectbus/tests/artobjectbus/art_object_rules.rs",
            "const ART_OBJECTS_TABLE: &str = \"SELECT art_object_id FROM art_objects\";",
        ),
    ] {
        assert!(clone.read(path).contains(text), "{path}: {text}\n{}", clone.read(path));
    }
    for (path, text) in code(&clone) {
        assert!(!text.to_lowercase().contains("specimen"), "{}", path.display());
    }
    let renamed = migration(&clone, "0005_specimens_renamed_art_objects");
    assert!(renamed.contains("RENAME CONSTRAINT specimens_light TO art_objects_light;"), "{renamed}");
    done(&clone, rename(clone.root(), "art_object", "specimen", None));
    assert_eq!(code(&clone), before);
}

#[test]
fn a_member_that_has_the_name_of_the_resource_in_its_own_keeps_it() {
    let clone = with(&[resource("specimen", &["specimen_kind:enum(stone,bone)", "kept_specimens:int(0..9)"])]);
    edit(
        &clone,
        RULES,
        "    /// Adds a specimen.",
        "    // As many as `kept_specimens` says.\n    /// Adds a specimen.",
    );
    clone.commit();
    done(&clone, rename(clone.root(), "specimen", "find", None));
    let rules = clone.read("business/domain/findbus/src/lib.rs");
    assert!(rules.contains("// As many as `kept_specimens` says.\n    /// Adds a find."), "{rules}");
    assert!(clone.read("business/domain/findbus/src/store.rs").contains("specimen_kind: String"));
}

#[test]
fn a_conflict_between_a_new_name_and_an_edit_is_shown_and_nothing_is_written() {
    let clone = specimens();
    // With the longer name the line is wrapped.
    let line = clone.read(ROUTES).lines().find(|line| line.contains(".data(App")).unwrap().to_owned();
    edit(&clone, ROUTES, &line, &line.replace("db.clone()", "db.clone(/* ours */)"));
    clone.commit();
    let before = clone.all();
    let long = "a_very_long_name_for_one";
    match rename(clone.root(), "specimen", long, None) {
        Err(PlanError::Conflicts(found)) => assert!(found[0].starts_with(ROUTES), "{found:?}"),
        Ok(plan) => {
            // The edit came through.
            let routes = plan.files().iter().find(|file| file.path.ends_with("oneapp/src/route.rs")).unwrap();
            assert!(routes.text.contains("/* ours */"), "{}", routes.text);
        }
        Err(other) => panic!("{other:?}"),
    }
    assert_eq!(clone.all(), before);
}

#[test]
fn names_that_are_taken_are_refused() {
    let clone =
        with(&[resource("specimen", MEMBERS), resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"])]);
    for (name, plural) in [("corridor", None), ("specimen", None), ("hall", Some("corridors")), ("movie", None)] {
        let refused = rename(clone.root(), "specimen", name, plural);
        assert!(matches!(refused, Err(PlanError::Exists(_))), "{name}: {refused:?}");
    }
    assert!(matches!(rename(clone.root(), "specimen", "select", None), Err(PlanError::Line(_))));
    assert!(matches!(rename(clone.root(), "specimen", "note", None), Err(PlanError::Line(_))), "a member is called so");
    assert!(matches!(rename(clone.root(), "fossil", "find", None), Err(PlanError::Unknown(_))));
    assert!(matches!(remove(clone.root(), "fossil", false), Err(PlanError::Unknown(_))));
}

#[test]
fn a_removal_that_fails_on_the_way_leaves_the_tree_as_it_was() {
    let clone = specimens();
    let plan = rename(clone.root(), "specimen", "find", None).unwrap();
    // A file where a folder has to be made.
    let place = clone.root().join("app/domain/findapp");
    std::fs::write(&place, "in the way").unwrap();
    let before = clone.all();
    assert!(matches!(plan.write().unwrap_err(), PlanError::File { .. }));
    assert_eq!(clone.all(), before);
}
