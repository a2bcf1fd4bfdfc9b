//! Another name for a resource that a team worked on.

use scaffold::{PlanError, remove, rename};

use crate::team::{MEMBERS, RULES, assert_same, code, done, edit, edited, migration, resource, specimens, with};

#[test]
fn a_resource_that_nobody_edited_becomes_what_the_line_with_the_other_name_gives() {
    for other in ["find", "price_list", "unit"] {
        let clone = specimens();
        done(&clone, rename(clone.root(), "specimen", other, None));
        assert_same(&code(&clone), &code(&with(&[resource(other, MEMBERS)])));
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
    assert_same(&code(&clone), &before);
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
    // The word means something else, too: which of both a person meant is for a person to say.
    let clone = with(&[resource("list", MEMBERS)]);
    let path = "business/domain/listbus/src/filter.rs";
    edit(&clone, path, "/// The order of a list for which", "/// The usual order of a list for which");
    clone.commit();
    let before = clone.all();
    match rename(clone.root(), "list", "booking", None) {
        Err(PlanError::Conflicts(found)) => {
            let [conflict] = &found[..] else { panic!("{found:?}") };
            assert!(conflict.starts_with(path), "{conflict}");
            assert!(conflict.contains("\n/// The usual order of a booking for which"), "{conflict}");
            assert!(conflict.contains("=======\n/// The order of a list for which"), "{conflict}");
        }
        other => panic!("{other:?}"),
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
    for name in ["type", "reference"] {
        assert!(matches!(rename(clone.root(), "specimen", name, None), Err(PlanError::Line(_))), "{name}");
    }
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

#[test]
fn a_function_that_reads_the_table_is_called_by_both_names_meanwhile() {
    let clone = specimens();
    clone.write(
        "business/sdk/migrate/migrations/0004_specimens_resembling.sql",
        "CREATE FUNCTION public.specimens_resembling(typed text) RETURNS SETOF uuid\n    LANGUAGE sql STABLE\nBEGIN ATOMIC\n    \
         SELECT specimen_id FROM public.specimens WHERE note = typed;\nEND;\n",
    );
    clone.commit();
    done(&clone, rename(clone.root(), "specimen", "find", None));
    let there = migration(&clone, "0005_specimens_renamed_finds");
    for line in [
        "DROP VIEW public.specimens; DROP FUNCTION public.specimens_resembling;",
        "\nALTER FUNCTION public.specimens_resembling(text) RENAME TO finds_resembling;\n",
        "\nCREATE FUNCTION public.specimens_resembling(typed text) RETURNS SETOF uuid\n",
        "\n    SELECT public.finds_resembling(typed);\n",
    ] {
        assert!(there.contains(line), "{line}: {there}");
    }
    done(&clone, rename(clone.root(), "find", "specimen", None));
    let back = migration(&clone, "0006_finds_renamed_specimens");
    assert!(back.contains("\nDROP VIEW public.specimens;\nDROP FUNCTION public.specimens_resembling;\n"), "{back}");
    done(&clone, remove(clone.root(), "specimen", false));
    let gone = migration(&clone, "0007_specimens_removed");
    assert!(
        gone.contains("\nDROP FUNCTION public.finds_resembling, public.specimens_resembling;\nDROP VIEW"),
        "{gone}"
    );
}
