//! A resource that is there: more members, another name, its end; and what a team wrote meanwhile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use scaffold::{Plan, PlanError, Resource, add_field, find, parse, plan, remove, rename};

use crate::clone::Clone;

const MEMBERS: &[&str] =
    &["found_at:timestamptz,sortable", "grams:int(1..500),default=100", "price:money,sortable", "note:text?"];

/// Members that a resource may get later: one of each kind, with what each may be.
const LATER: &[&str] = &[
    "subtitle:text(80)?",
    "label:text(40),sortable,default=none",
    "is_rare:bool,default=false",
    "is_dry:bool?",
    "rank:int(-5..5),sortable,default=0",
    "score:bigint?",
    "sold_at:timestamptz?",
    "state:enum(whole,broken),default=whole",
    "colour:enum(red,blue)?",
];

const STORE: &str = "business/domain/specimenbus/src/store.rs";
const RULES: &str = "business/domain/specimenbus/src/lib.rs";
const ROUTES: &str = "app/domain/specimenapp/src/route.rs";

fn resource(name: &str, members: &[&str]) -> Resource {
    parse(&[&[name], members].concat(), None).unwrap()
}

/// A clone with resources in it, committed.
fn with(resources: &[Resource]) -> Clone {
    let clone = Clone::new();
    for resource in resources {
        plan(clone.root(), resource).unwrap().write().unwrap();
        clone.commit();
    }
    clone
}

fn specimens() -> Clone {
    with(&[resource("specimen", MEMBERS)])
}

fn done(clone: &Clone, plan: Result<Plan, PlanError>) {
    plan.unwrap().write().unwrap();
    clone.commit();
}

/// Every file but the migrations, by its path from the root.
fn code(clone: &Clone) -> BTreeMap<PathBuf, String> {
    let files = clone.all().into_iter().filter(|(path, _)| path.is_file());
    let files = files.map(|(path, text)| (path.strip_prefix(clone.root()).unwrap().to_owned(), text));
    files.filter(|(path, _)| !path.to_string_lossy().contains("/migrations/")).collect()
}

fn migration(clone: &Clone, name: &str) -> String {
    clone.read(&format!("business/sdk/migrate/migrations/{name}.sql"))
}

fn edit(clone: &Clone, path: &str, before: &str, after: &str) {
    let text = clone.read(path);
    assert_eq!(text.matches(before).count(), 1, "{path}: {before}");
    clone.write(path, &text.replace(before, after));
}

#[test]
fn what_is_written_of_a_resource_is_read_back() {
    let clone = Clone::new();
    let members = ["title:text(9),default=a\"b\\c'", "kind:enum(one,two),default=two,sortable", "note:text?"];
    for (name, plural) in [("mouse", Some("mice")), ("price_list", None)] {
        let written = parse(&[&[name], &members[..]].concat(), plural).unwrap();
        done(&clone, plan(clone.root(), &written));
        assert_eq!(find(clone.root(), name).unwrap(), written);
    }
    assert!(matches!(find(clone.root(), "pricelist"), Err(PlanError::Unknown(_))), "its crates are called the same");
    assert!(matches!(find(clone.root(), "specimen"), Err(PlanError::Unknown(_))));
}

#[test]
fn a_resource_that_nobody_edited_becomes_what_the_longer_line_gives() {
    let mut members = MEMBERS.to_vec();
    let clone = specimens();
    for member in LATER {
        done(&clone, add_field(clone.root(), "specimen", member));
        members.push(member);
    }
    assert_eq!(code(&clone), code(&with(&[resource("specimen", &members)])));
}

#[test]
fn a_resource_that_nobody_edited_becomes_what_the_line_with_the_other_name_gives() {
    for other in ["find", "price_list", "unit"] {
        let clone = specimens();
        done(&clone, rename(clone.root(), "specimen", other, None));
        assert_eq!(code(&clone), code(&with(&[resource(other, MEMBERS)])), "{other}");
    }
}

#[test]
fn what_comes_and_goes_leaves_migrations_alone_behind() {
    let clone = with(&[resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"])]);
    let before = code(&clone);
    done(&clone, plan(clone.root(), &resource("specimen", MEMBERS)));
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    done(&clone, rename(clone.root(), "specimen", "find", None));
    done(&clone, remove(clone.root(), "find", false));
    assert_eq!(code(&clone), before);
    let folders = ["business/domain/specimenbus", "business/domain/findbus", "app/domain/findapp"];
    assert!(folders.iter().all(|folder| !clone.root().join(folder).exists()));
    let dropped = migration(&clone, "0008_finds_removed");
    assert!(
        dropped.contains("DROP VIEW public.specimens;") && dropped.contains("DROP TABLE public.finds;"),
        "{dropped}"
    );
    done(&clone, plan(clone.root(), &resource("specimen", MEMBERS)));
}

#[test]
fn of_twenty_resources_nineteen_stay_as_they_are_to_the_byte() {
    let twenty: Vec<Resource> = ('a'..='t')
        .map(|letter| {
            let members: Vec<&str> = MEMBERS.iter().chain(LATER).copied().skip(letter as usize % 7).take(4).collect();
            resource(&format!("thing_{letter}"), &members)
        })
        .collect();
    let runs = [0, 1].map(|_| {
        let twenty = twenty.clone();
        std::thread::spawn(move || with(&twenty))
    });
    let [clone, again] = runs.map(|run| run.join().unwrap());
    assert_eq!(code(&clone), code(&again), "two runs give the same bytes");

    let others = |clone: &Clone| {
        let own = |path: &PathBuf| {
            let path = path.to_string_lossy();
            let folder = path.split('/').any(|part| part.starts_with("thingg") || part == "thing_gs.rs");
            folder || ["jewelbus", "jewelapp", "jewels.rs"].iter().any(|end| path.contains(end))
        };
        let shared = |path: &PathBuf| !path.to_string_lossy().contains("thing");
        code(clone).into_iter().partition::<BTreeMap<_, _>, _>(|(path, _)| shared(path) || own(path)).1
    };
    let before = others(&clone);
    assert_eq!(before.len(), 19 * 27);
    let all = code(&clone);
    done(&clone, add_field(clone.root(), "thing_g", "subtitle:text(80)?"));
    assert_eq!(others(&clone), before);
    for (path, text) in code(&clone) {
        let own = path.to_string_lossy().contains("thinggbus")
            || path.to_string_lossy().contains("thinggapp")
            || path.ends_with("thing_gs.rs");
        assert!(own || all[&path] == text, "{}", path.display());
    }
    done(&clone, rename(clone.root(), "thing_g", "jewel", None));
    assert_eq!(others(&clone), before);
    done(&clone, rename(clone.root(), "jewel", "thing_g", None));
    done(&clone, remove(clone.root(), "thing_g", false));
    assert_eq!(others(&clone), before);
    let nineteen: Vec<Resource> = twenty.into_iter().filter(|one| one.name.snake != "thing_g").collect();
    assert_eq!(code(&clone), code(&with(&nineteen)), "the shared files are as if it had never been");
}

/// Edits in every kind of file: what was there, what it becomes.
const EDITS: &[(&str, &str, &str)] = &[
    (
        RULES,
        "        self.db\n            .atomic",
        "        tracing_is_not_here();\n        self.db\n            .atomic",
    ),
    (RULES, "use types::{SpecimenId, Version};", "use types::{Role, SpecimenId, Version};"),
    (
        STORE,
        "        self.db.execute(insert).await?;",
        "        // Once for each specimen.\n        self.db.execute(insert).await?;",
    ),
    (
        ROUTES,
        "The newest come first, unless a `sort` says otherwise.",
        "The specimens that were found last come first.",
    ),
    (
        "business/domain/specimenbus/src/model.rs",
        "/// A number is out of its range.",
        "impl Specimen {\n    /// Whether it's heavy.\n    pub fn is_heavy(&self) -> bool {\n        \
         self.grams.number() > 400\n    }\n}\n\n/// A number is out of its range.",
    ),
    (
        "business/domain/specimenbus/src/event.rs",
        "/// What specimens are called",
        "/// A specimen has no secrets.\n///\n/// What specimens are called",
    ),
    ("business/domain/specimenbus/src/filter.rs", "the newest first.", "the newest first, by our museum."),
    (
        "business/domain/specimenbus/Cargo.toml",
        "changes.workspace = true",
        "chrono.workspace = true\nchanges.workspace = true",
    ),
    ("app/domain/specimenapp/src/model.rs", "/// An amount of money.", "/// An amount of money, of the museum."),
    ("app/domain/specimenapp/src/error.rs", "the specimen has version", "our specimen has version"),
    (
        "business/domain/specimenbus/tests/specimenbus/create.rs",
        "//! Adding specimens.",
        "//! Adding specimens to the museum.",
    ),
    (
        "app/domain/specimenapp/tests/specimenapp/specimens.rs",
        "        assert_eq!(list[\"total\"], 1);",
        "        assert_eq!(list[\"total\"], 1, \"one specimen\");",
    ),
    (
        "app/services/platform/tests/platform/policy/lines/specimens.rs",
        "they belong to nobody.",
        "they belong to the museum.",
    ),
];

/// A clone in which a team worked on its specimens.
fn edited() -> Clone {
    let clone = specimens();
    for (path, before, after) in EDITS {
        edit(&clone, path, before, after);
    }
    clone.write(
        "business/domain/specimenbus/tests/specimenbus/specimen_rules.rs",
        "//! Rules of the museum.\n\nuse specimenbus::Specimen;\n\nconst SPECIMENS_TABLE: &str = \"SELECT specimen_id FROM specimens\";\n",
    );
    clone.write(
        "business/sdk/migrate/migrations/0004_specimens_light.sql",
        "-- Ours.\nALTER TABLE public.specimens ADD CONSTRAINT specimens_light CHECK (grams < 490);\n",
    );
    clone.commit();
    clone
}

#[test]
fn what_was_edited_by_hand_in_any_file_is_kept_by_a_new_member() {
    let clone = edited();
    for member in LATER {
        done(&clone, add_field(clone.root(), "specimen", member));
    }
    for (path, _, after) in EDITS {
        let text = clone.read(path);
        assert!(text.contains(after), "{path}: {after}");
    }
    for (path, member) in [(STORE, "subtitle: Option<String>"), (RULES, "Subtitle"), (RULES, "Role")] {
        assert!(clone.read(path).contains(member), "{path}: {member}");
    }
    assert!(migration(&clone, "0004_specimens_light").contains("grams < 490"));
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
fn a_conflict_is_shown_with_its_place_and_nothing_is_written() {
    let clone = specimens();
    edit(
        &clone,
        STORE,
        "    note: Option<String>,\n    version: i64,",
        "    note: Option<Box<str>>,\n    version: i64,",
    );
    clone.commit();
    let before = clone.all();
    let line = clone.read(STORE).lines().position(|line| line.contains("Box<str>")).unwrap() + 1;
    match add_field(clone.root(), "specimen", "subtitle:text?") {
        Err(PlanError::Conflicts(found)) => {
            let [conflict] = &found[..] else { panic!("{found:?}") };
            let expected = format!(
                "{STORE}:{line}\n<<<<<<< as it is\n    note: Option<Box<str>>,\n||||||| as it was \
                 generated\n    note: Option<String>,\n=======\n    note: Option<String>,\n    \
                 subtitle: Option<String>,\n>>>>>>> as it has to be"
            );
            assert_eq!(conflict, &expected);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(clone.all(), before);

    // Once the lines are as they have to be, nothing is in the way.
    edit(&clone, STORE, "    note: Option<Box<str>>,\n", "    note: Option<String>,\n    subtitle: Option<String>,\n");
    clone.commit();
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    assert_eq!(clone.read(STORE).matches("subtitle: Option<String>,").count(), 1);
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
fn a_file_that_was_removed_stays_away() {
    let clone = specimens();
    let path = "business/domain/specimenbus/tests/specimenbus/values.rs";
    std::fs::remove_file(clone.root().join(path)).unwrap();
    clone.commit();
    let plan = add_field(clone.root(), "specimen", "subtitle:text?").unwrap();
    assert!(plan.notes().iter().any(|note| note.starts_with(path)), "{:?}", plan.notes());
    plan.write().unwrap();
    assert!(!clone.root().join(path).exists());
}

#[test]
fn a_member_without_a_value_for_the_rows_that_are_there_is_refused() {
    let clone = specimens();
    for member in ["room:int(1..9)", "is_dry:bool", "sold_at:timestamptz", "cost:money"] {
        match add_field(clone.root(), "specimen", member) {
            Err(PlanError::Impossible(told)) => assert!(told.contains("let it be empty"), "{told}"),
            other => panic!("{member}: {other:?}"),
        }
    }
}

#[test]
fn a_fault_in_the_word_is_told_with_its_column_in_the_word() {
    let clone = specimens();
    for (member, told) in [
        ("room:itn", "column 6: expected a type, found `itn`; did you mean `int`?"),
        ("note:text?", "column 1: there are two members `note`"),
        ("grams_from:int?", "column 1: `grams_from` means something else here already: choose another name"),
    ] {
        assert_eq!(add_field(clone.root(), "specimen", member).unwrap_err().to_string(), told);
    }
}

#[test]
fn what_takes_time_on_a_large_table_is_a_migration_of_its_own() {
    let clone = specimens();
    done(&clone, add_field(clone.root(), "specimen", "rank:int(1..5),sortable,default=3"));
    let [first, second, third] = ["0004_specimens_rank", "0005_specimens_rank_holds", "0006_specimens_by_rank"]
        .map(|name| migration(&clone, name));
    assert!(first.contains("ADD COLUMN rank integer NOT NULL DEFAULT 3,"), "{first}");
    assert!(first.contains("ADD CONSTRAINT specimens_rank_range CHECK (rank BETWEEN 1 AND 5) NOT VALID;"), "{first}");
    assert!(second.contains("VALIDATE CONSTRAINT specimens_rank_range;"), "{second}");
    assert!(third.starts_with("-- no-transaction\n"), "{third}");
    let index = "CREATE INDEX CONCURRENTLY specimens_by_rank ON public.specimens (rank, specimen_id);";
    assert!(third.contains(index), "{third}");
    done(&clone, add_field(clone.root(), "specimen", "is_dry:bool?"));
    assert!(migration(&clone, "0007_specimens_is_dry").contains("    ADD COLUMN is_dry boolean;"));
    assert!(!clone.root().join("business/sdk/migrate/migrations/0008_specimens_is_dry_holds.sql").exists());
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
fn others_that_speak_of_it_are_listed_and_nothing_is_written() {
    let clone =
        with(&[resource("specimen", MEMBERS), resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"])]);
    edit(&clone, "business/domain/corridorbus/src/lib.rs", "\nmod event;", "\nuse types::SpecimenId;\nmod event;");
    edit(&clone, "app/services/platform/src/lib.rs", "/v1/movies?q=godfather", "/v1/specimens?grams_from=2");
    clone.commit();
    let before = clone.all();
    for refused in [rename(clone.root(), "specimen", "find", None), remove(clone.root(), "specimen", false)] {
        let Err(PlanError::Mentioned(found)) = refused else { panic!("{refused:?}") };
        let places: Vec<&str> = found.iter().map(|found| found.split(':').next().unwrap()).collect();
        assert_eq!(places, ["app/services/platform/src/lib.rs", "business/domain/corridorbus/src/lib.rs"]);
        assert!(found[1].ends_with("use types::SpecimenId;"), "{found:?}");
    }
    assert_eq!(clone.all(), before);
}

#[test]
fn a_table_that_rows_of_another_refer_to_is_not_dropped() {
    let clone = specimens();
    clone.write(
        "business/sdk/migrate/migrations/0004_loans.sql",
        "CREATE TABLE public.loans (\n    loan_id uuid NOT NULL,\n    \
         specimen_id uuid NOT NULL REFERENCES public.specimens (specimen_id)\n);\n",
    );
    clone.commit();
    match remove(clone.root(), "specimen", false) {
        Err(PlanError::Mentioned(found)) => assert_eq!(found, ["the rows of the table loans refer to it"]),
        other => panic!("{other:?}"),
    }
    clone.write("business/sdk/migrate/migrations/0005_no_loans.sql", "DROP TABLE public.loans;\n");
    clone.commit();
    done(&clone, remove(clone.root(), "specimen", false));
}

#[test]
fn what_is_not_committed_is_neither_moved_nor_removed() {
    let clone = specimens();
    for path in [RULES, "business/domain/specimenbus/notes.txt", "business/domain/specimenbus/target.ignored"] {
        let committed = clone.root().join(path).exists().then(|| clone.read(path));
        clone.write(".gitignore", "*.ignored\n");
        clone.commit();
        clone.write(path, "mine\n");
        let before = clone.all();
        for plan in [rename(clone.root(), "specimen", "find", None), remove(clone.root(), "specimen", false)] {
            // What was edited may be in the way before.
            let refused = plan.and_then(|plan| plan.write()).unwrap_err();
            assert!(matches!(refused, PlanError::Dirty(_) | PlanError::Conflicts(_)), "{path}: {refused:?}");
        }
        assert_eq!(clone.all(), before);
        match committed {
            Some(text) => clone.write(path, &text),
            None => std::fs::remove_file(clone.root().join(path)).unwrap(),
        }
    }
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
fn a_plan_is_shown_as_a_patch() {
    let clone = specimens();
    let before = clone.all();
    let patch = add_field(clone.root(), "specimen", "subtitle:text?").unwrap().diff().unwrap();
    assert!(patch.contains("+    \"subtitle:text?\",\n"), "{patch}");
    let patch = rename(clone.root(), "specimen", "find", None).unwrap().diff().unwrap();
    assert!(patch.contains("rename to b/business/domain/findbus/src/filter.rs"), "{patch}");
    assert_eq!(clone.all(), before);
}

#[test]
fn the_code_can_go_before_the_table() {
    let clone = specimens();
    let plan = remove(clone.root(), "specimen", true).unwrap();
    assert!(plan.files().iter().all(|file| !file.path.contains("/migrations/")));
    let edited = specimens();
    edit(&edited, RULES, "//! Everything", "//! Really everything");
    edited.commit();
    let notes = remove(edited.root(), "specimen", false).unwrap().notes().join("\n");
    assert!(notes.contains(&format!("gone with it (git has them): {RULES}")), "{notes}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn any_resource_grows_to_what_its_longer_line_gives(
        kept in prop::sample::subsequence(MEMBERS.to_vec(), 2..=4),
        later in prop::sample::subsequence(LATER.to_vec(), 1..=2),
        name in prop::sample::select(vec!["specimen", "order", "price_list", "note_kind"]),
        other in prop::sample::select(vec!["find", "state_of_things", "unit"]),
    ) {
        let whole = [&kept[..], &later[..]].concat();
        let parsed = |name: &str, members: &[&str]| parse(&[&[name], members].concat(), None);
        prop_assume!(parsed(name, &kept).is_ok() && parsed(name, &whole).is_ok() && parsed(other, &whole).is_ok());
        let clone = with(&[resource(name, &kept)]);
        for member in &later {
            done(&clone, add_field(clone.root(), name, member));
        }
        prop_assert_eq!(code(&clone), code(&with(&[resource(name, &whole)])));
        done(&clone, rename(clone.root(), name, other, None));
        prop_assert_eq!(code(&clone), code(&with(&[resource(other, &whole)])));
    }
}
