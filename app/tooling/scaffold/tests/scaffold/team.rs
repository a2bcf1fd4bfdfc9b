//! A team's clone, and what it did in there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scaffold::{Plan, PlanError, Resource, parse, plan};

use crate::clone::Clone;

pub(crate) const MEMBERS: &[&str] =
    &["found_at:timestamptz,sortable", "grams:int(1..500),default=100", "price:money,sortable", "note:text?"];

/// Members that a resource may get later: one of each kind, with what each may be.
pub(crate) const LATER: &[&str] = &[
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

/// More of them: the kinds with types of the vocabulary, keys, derived columns.
pub(crate) const MORE: &[&str] = &[
    "width:decimal(6,2),default=1.50",
    "dated:date?,sortable",
    "serial:text(40)?,unique",
    "finder:email?",
    "page_of:url?",
    "import_id:uuid?",
    "cost:money?",
    "details:json",
    "tags:list(20,5)",
];

pub(crate) const STORE: &str = "business/domain/specimenbus/src/store.rs";
pub(crate) const RULES: &str = "business/domain/specimenbus/src/lib.rs";
const ROUTES: &str = "app/domain/specimenapp/src/route.rs";

pub(crate) fn resource(name: &str, members: &[&str]) -> Resource {
    parse(&[&[name], members].concat(), None).unwrap()
}

/// A clone with resources in it, committed.
pub(crate) fn with(resources: &[Resource]) -> Clone {
    let clone = Clone::new();
    for resource in resources {
        plan(clone.root(), resource).unwrap().write().unwrap();
        clone.commit();
    }
    clone
}

pub(crate) fn specimens() -> Clone {
    with(&[resource("specimen", MEMBERS)])
}

pub(crate) fn done(clone: &Clone, plan: Result<Plan, PlanError>) {
    plan.unwrap().write().unwrap();
    clone.commit();
}

/// Every file but the migrations, by its path from the root.
pub(crate) fn code(clone: &Clone) -> BTreeMap<PathBuf, String> {
    let files = clone.all().into_iter().filter(|(path, _)| path.is_file());
    let files = files.map(|(path, text)| (path.strip_prefix(clone.root()).unwrap().to_owned(), text));
    files.filter(|(path, _)| !path.to_string_lossy().contains("/migrations/")).collect()
}

pub(crate) fn migration(clone: &Clone, name: &str) -> String {
    clone.read(&format!("business/sdk/migrate/migrations/{name}.sql"))
}

pub(crate) fn edit(clone: &Clone, path: &str, before: &str, after: &str) {
    let text = clone.read(path);
    assert_eq!(text.matches(before).count(), 1, "{path}: {before}");
    clone.write(path, &text.replace(before, after));
}

/// Edits in every kind of file: what was there, what it becomes.
pub(crate) const EDITS: &[(&str, &str, &str)] = &[
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
    (
        "app/domain/specimenapp/src/model.rs",
        "/// One more after every change;",
        "/// One more after every change by the museum;",
    ),
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
pub(crate) fn edited() -> Clone {
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

/// That both have the same code, to the byte.
pub(crate) fn assert_same(one: &BTreeMap<PathBuf, String>, other: &BTreeMap<PathBuf, String>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, text) in one {
        for (line, expected) in text.lines().zip(other[path].lines()) {
            assert_eq!(line, expected, "{}", path.display());
        }
        assert_eq!(text.len(), other[path].len(), "{}", path.display());
    }
}
