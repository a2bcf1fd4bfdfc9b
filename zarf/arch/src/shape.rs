//! The files of a domain: who knows one domain finds their way in every other.

use std::path::PathBuf;

use toml_edit::{DocumentMut, Item, Table};

use crate::Error;
use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Workspace};

/// What a domain has, and which ones differ; `admin check` reads it too.
const SHAPE: &str = include_str!("../shape.toml");

/// The files of one kind of crate, without `.rs`. A module that outgrows its file may have a folder of that name.
struct Shape {
    folder: String,
    suffix: String,
    /// Each crate has them.
    required: Vec<String>,
    /// A crate has them when it needs them.
    optional: Vec<String>,
}

/// A domain that differs, with the reason.
struct Departure {
    krate: String,
    without: Vec<String>,
    with: Vec<String>,
    reason: String,
}

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) -> Result<(), Error> {
    let (shapes, departures) = read()?;
    for krate in &workspace.crates {
        let shape = shapes.iter().find(|shape| krate.lives_in(&shape.folder) && krate.name.ends_with(&shape.suffix));
        if let Some(shape) = shape {
            let departure = departures.iter().find(|departure| departure.krate == krate.name);
            check_crate(workspace, krate, (shape, departure), violations)?;
        }
    }
    Ok(())
}

fn read() -> Result<(Vec<Shape>, Vec<Departure>), Error> {
    let document: DocumentMut =
        SHAPE.parse().map_err(|source| Error::Manifest { path: PathBuf::from("zarf/arch/shape.toml"), source })?;
    let tables = |key: &str| document.get(key).and_then(Item::as_array_of_tables).into_iter().flatten();
    let text = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).unwrap_or_default().to_owned();
    let list = |table: &Table, key: &str| {
        let values = table.get(key).and_then(Item::as_array).into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let shape = |table: &Table| Shape {
        folder: text(table, "folder"),
        suffix: text(table, "suffix"),
        required: list(table, "required"),
        optional: list(table, "optional"),
    };
    let departure = |table: &Table| Departure {
        krate: text(table, "crate"),
        without: list(table, "without"),
        with: list(table, "with"),
        reason: text(table, "reason"),
    };
    Ok((tables("shape").map(shape).collect(), tables("departure").map(departure).collect()))
}

fn check_crate(
    workspace: &Workspace,
    krate: &Crate,
    (shape, departure): (&Shape, Option<&Departure>),
    violations: &mut Vec<Violation>,
) -> Result<(), Error> {
    let source = format!("{}/src", krate.folder);
    let files = workspace.files(&source, &["rs"])?;
    let mut modules: Vec<&str> = files.iter().filter_map(|file| module(file, &source)).collect();
    modules.dedup();
    let (without, with) =
        departure.map_or((&[][..], &[][..]), |departure| (&departure.without[..], &departure.with[..]));
    let reason = departure.map_or("", |departure| departure.reason.as_str());
    let has = |list: &[String], module: &str| list.iter().any(|one| one == module);
    let mut report = |module: &str, finding: &str, mend: &str| {
        let place = format!("{source}/{module}.rs");
        violations.push(Violation { rule: Rule::Shape, place, finding: finding.to_owned(), mend: mend.to_owned() });
    };

    for required in &shape.required {
        match (modules.contains(&required.as_str()), has(without, required)) {
            (false, false) => report(
                required,
                "the file is missing",
                "write it as its siblings have it, or list the crate with its reason in zarf/arch/shape.toml",
            ),
            (true, true) => report(
                required,
                &format!("the departure is spent ({reason}): the file is there"),
                "take it out of its [[departure]] in zarf/arch/shape.toml",
            ),
            _ => {}
        }
    }
    for extra in modules.iter().filter(|module| !has(&shape.required, module) && !has(&shape.optional, module)) {
        if !has(with, extra) {
            report(
                extra,
                "no other domain has this file",
                "put it where its siblings have it, into the sdk when every domain needs it, or list it with its reason in zarf/arch/shape.toml",
            );
        }
    }
    for gone in with.iter().filter(|module| !modules.contains(&module.as_str())) {
        report(
            gone,
            &format!("the departure is spent ({reason}): the file is gone"),
            "take it out of its [[departure]] in zarf/arch/shape.toml",
        );
    }
    Ok(())
}

/// The top module that a file of the source folder belongs to.
fn module<'a>(file: &'a str, source: &str) -> Option<&'a str> {
    let inside = file.strip_prefix(source)?.strip_prefix('/')?;
    Some(inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder))
}
