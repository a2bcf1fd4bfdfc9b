//! One more member for a resource that a team worked on.

use scaffold::{PlanError, Resource, add_field, find, parse, plan, remove, rename};

use crate::clone::Clone;
use crate::team::{
    EDITS, LATER, MEMBERS, MORE, RULES, STORE, assert_same, code, done, edit, edited, migration, resource, specimens,
    with,
};

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
    for later in [LATER, MORE] {
        let clone = specimens();
        for member in later {
            done(&clone, add_field(clone.root(), "specimen", member));
        }
        let whole = [MEMBERS, later].concat();
        assert_same(&code(&clone), &code(&with(&[resource("specimen", &whole)])));
    }
}

#[test]
fn what_was_edited_by_hand_in_any_file_is_kept_by_a_new_member() {
    let clone = edited();
    for member in LATER {
        done(&clone, add_field(clone.root(), "specimen", member));
    }
    for (path, before, after) in EDITS {
        let text = clone.read(path);
        for line in after.lines().filter(|line| !before.contains(line)) {
            assert!(text.contains(line), "{path}: {line}");
        }
    }
    for (path, member) in [(STORE, "subtitle: Option<String>"), (RULES, "Subtitle"), (RULES, "Role")] {
        assert!(clone.read(path).contains(member), "{path}: {member}");
    }
    assert!(migration(&clone, "0004_specimens_light").contains("grams < 490"));
}

#[test]
fn a_conflict_is_shown_with_its_place_and_nothing_is_written() {
    let clone = specimens();
    let stale = "                updated_at = greatest(updated_at, $9)\n";
    let [edited, needed] = [stale.replace("$9", "$9, now()"), stale.replace("$9", "$11")];
    edit(&clone, STORE, stale, &edited);
    clone.commit();
    let before = clone.all();
    let line = clone.read(STORE).lines().position(|line| line.contains("now())")).unwrap() + 1;
    match add_field(clone.root(), "specimen", "subtitle:text?") {
        Err(PlanError::Conflicts(found)) => {
            let expected = format!(
                "{STORE}:{line}\n<<<<<<< as it is\n{edited}||||||| as it was generated\n{stale}=======\n{needed}>>>>>>> as \
                 it has to be"
            );
            assert_eq!(found, [expected]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(clone.all(), before);

    // Once the line is as it has to be, nothing is in the way.
    edit(&clone, STORE, &edited, &needed);
    clone.commit();
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    assert!(clone.read(STORE).contains(&needed));
}

#[test]
fn what_was_edited_beside_a_new_line_is_no_conflict() {
    let clone = specimens();
    edit(
        &clone,
        STORE,
        "    note: Option<String>,\n    version: i64,",
        "    note: Option<Box<str>>,\n    version: i64,",
    );
    clone.commit();
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    let row = "    note: Option<Box<str>>,\n    subtitle: Option<String>,\n    version: i64,";
    assert!(clone.read(STORE).contains(row));
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
fn a_reference_is_a_rule_that_is_looked_at_later_and_has_an_index() {
    let clone =
        with(&[resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"]), resource("specimen", MEMBERS)]);
    done(&clone, add_field(clone.root(), "specimen", "corridor:ref?"));
    let [first, second, third] =
        ["0005_specimens_corridor_id", "0006_specimens_corridor_id_holds", "0007_specimens_by_corridor_id"]
            .map(|name| migration(&clone, name));
    assert!(first.contains("ADD COLUMN corridor_id uuid,"), "{first}");
    assert!(first.contains("FOREIGN KEY (corridor_id) REFERENCES public.corridors NOT VALID;"), "{first}");
    assert!(second.contains("VALIDATE CONSTRAINT specimens_corridor_id_fkey;"), "{second}");
    assert!(third.contains("CREATE INDEX CONCURRENTLY specimens_by_corridor_id ON public.specimens (corridor_id, "));
    let whole = [MEMBERS, &["corridor:ref?"]].concat();
    let corridor = resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"]);
    assert_same(&code(&clone), &code(&with(&[corridor, resource("specimen", &whole)])));
    done(&clone, rename(clone.root(), "specimen", "find", None));
    let corridor = resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"]);
    assert_same(&code(&clone), &code(&with(&[corridor, resource("find", &whole)])));
    for refused in [remove(clone.root(), "corridor", false), rename(clone.root(), "corridor", "hall", None)] {
        assert!(matches!(refused, Err(PlanError::Mentioned(_))), "{refused:?}");
    }
    let refused = add_field(clone.root(), "find", "shelf:ref?");
    assert!(
        matches!(&refused, Err(PlanError::Impossible(told)) if told.contains("no resource `shelf`")),
        "{refused:?}"
    );
}

#[test]
fn what_is_unique_gets_its_index_beside_those_who_write() {
    let clone = specimens();
    done(&clone, add_field(clone.root(), "specimen", "serial:text(40)?,unique"));
    let index = migration(&clone, "0006_specimens_serial_key");
    assert!(index.starts_with("-- no-transaction\n") && index.contains("CREATE UNIQUE INDEX CONCURRENTLY"), "{index}");
}

#[test]
fn a_member_that_is_searched_is_written_by_hand() {
    let clone = specimens();
    match add_field(clone.root(), "specimen", "subtitle:text?,searchable") {
        Err(PlanError::Impossible(told)) => assert!(told.contains("by hand"), "{told}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_belongs_to_users_grows_and_is_renamed_and_goes_like_the_rest() {
    let owned = |name: &str, members: &[&str]| Resource { owned: true, ..resource(name, members) };
    let whole = [MEMBERS, &["subtitle:text?"]].concat();
    let clone = with(&[owned("specimen", MEMBERS)]);
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    assert_same(&code(&clone), &code(&with(&[owned("specimen", &whole)])));
    done(&clone, rename(clone.root(), "specimen", "price_list", None));
    assert_same(&code(&clone), &code(&with(&[owned("price_list", &whole)])));
    done(&clone, remove(clone.root(), "price_list", false));
    assert_same(&code(&clone), &code(&with(&[])));
}
