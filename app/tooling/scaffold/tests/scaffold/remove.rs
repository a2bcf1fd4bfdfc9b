//! The end of a resource.

use scaffold::{PlanError, add_field, plan, remove, rename};

use crate::team::{MEMBERS, RULES, assert_same, code, done, edit, migration, resource, specimens, with};

#[test]
fn what_comes_and_goes_leaves_migrations_alone_behind() {
    let clone = with(&[resource("corridor", &["name:text(50),sortable", "floor:int(0..9)"])]);
    let before = code(&clone);
    done(&clone, plan(clone.root(), &resource("specimen", MEMBERS)));
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text?"));
    done(&clone, rename(clone.root(), "specimen", "find", None));
    done(&clone, remove(clone.root(), "find", false));
    assert_same(&code(&clone), &before);
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
fn what_is_made_anew_from_the_resources_is_not_in_the_way() {
    let clone = specimens();
    let (made, said) = ("zarf/gateway/routes.conf", "location = /v1/specimens { proxy_pass http://catalog; }\n");
    clone.write(made, said);
    clone.commit();
    for refused in [rename(clone.root(), "specimen", "find", None), remove(clone.root(), "specimen", false)] {
        let Err(PlanError::Mentioned(found)) = refused else { panic!("{refused:?}") };
        assert_eq!(found, [format!("{made}:1: {}", said.trim_end())]);
    }
    clone.write(".gitattributes", &format!("{made} linguist-generated\n"));
    clone.commit();
    done(&clone, rename(clone.root(), "specimen", "find", None));
    done(&clone, remove(clone.root(), "find", false));
    assert_eq!(clone.read(made), said, "`admin check --accept` writes it");
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
    clone.write(".gitignore", "*.ignored\n");
    clone.commit();
    for path in [RULES, "business/domain/specimenbus/notes.txt", "business/domain/specimenbus/target.ignored"] {
        let committed = clone.root().join(path).exists().then(|| clone.read(path));
        clone.write(path, &format!("{}// mine\n", committed.as_deref().unwrap_or_default()));
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
