//! The files of a domain: who knows one domain finds their way in every other.

use crate::Error;
use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Workspace};

/// The files of one kind of crate, without `.rs`. A module that outgrows its file may have a folder of that name.
struct Shape {
    folder: &'static str,
    suffix: &'static str,
    /// Each crate has them.
    required: &'static [&'static str],
    /// A crate has them when it needs them.
    optional: &'static [&'static str],
}

/// A domain that differs, with the reason.
struct Departure {
    krate: &'static str,
    without: &'static [&'static str],
    with: &'static [&'static str],
    reason: &'static str,
}

const SHAPES: &[Shape] = &[
    Shape {
        folder: "app/domain",
        suffix: "app",
        required: &["lib", "route", "model", "filter", "error"],
        optional: &[],
    },
    Shape {
        folder: "business/domain",
        suffix: "bus",
        required: &["lib", "model", "store"],
        optional: &["filter", "event"],
    },
    Shape { folder: "business/domain", suffix: "view", required: &["lib", "model", "filter", "store"], optional: &[] },
];

/// The domains that differ.
const DEPARTURES: &[Departure] = &[
    Departure {
        krate: "userbus",
        without: &[],
        with: &["account", "hash", "mails", "rules"],
        reason: "it has what people do with their own accounts, apart from what admins do: passwords, their rules, mails",
    },
    Departure {
        krate: "checkapp",
        without: &["filter", "error"],
        with: &[],
        reason: "it lists nothing, and speaks for the process rather than for a domain",
    },
];

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) -> Result<(), Error> {
    for krate in &workspace.crates {
        let shape = SHAPES.iter().find(|shape| krate.lives_in(shape.folder) && krate.name.ends_with(shape.suffix));
        if let Some(shape) = shape {
            check_crate(workspace, krate, shape, violations)?;
        }
    }
    Ok(())
}

fn check_crate(
    workspace: &Workspace,
    krate: &Crate,
    shape: &Shape,
    violations: &mut Vec<Violation>,
) -> Result<(), Error> {
    let source = format!("{}/src", krate.folder);
    let files = workspace.files(&source, &["rs"])?;
    let mut modules: Vec<&str> = files.iter().filter_map(|file| module(file, &source)).collect();
    modules.dedup();
    let departure = DEPARTURES.iter().find(|departure| departure.krate == krate.name);
    let (without, with) = departure.map_or((&[][..], &[][..]), |departure| (departure.without, departure.with));
    let reason = departure.map_or("", |departure| departure.reason);
    let mut report = |module: &str, finding: &str, mend: &str| {
        let place = format!("{source}/{module}.rs");
        violations.push(Violation { rule: Rule::Shape, place, finding: finding.to_owned(), mend: mend.to_owned() });
    };

    for required in shape.required {
        match (modules.contains(required), without.contains(required)) {
            (false, false) => report(
                required,
                "the file is missing",
                "write it as its siblings have it, or list the crate with its reason in zarf/arch/src/shape.rs",
            ),
            (true, true) => report(
                required,
                &format!("the departure is spent ({reason}): the file is there"),
                "take it out of DEPARTURES in zarf/arch/src/shape.rs",
            ),
            _ => {}
        }
    }
    for extra in modules.iter().filter(|module| !shape.required.contains(module) && !shape.optional.contains(module)) {
        if !with.contains(extra) {
            report(
                extra,
                "no other domain has this file",
                "put it where its siblings have it, into the sdk when every domain needs it, or list it with its reason in zarf/arch/src/shape.rs",
            );
        }
    }
    for gone in with.iter().filter(|module| !modules.contains(module)) {
        report(
            gone,
            &format!("the departure is spent ({reason}): the file is gone"),
            "take it out of DEPARTURES in zarf/arch/src/shape.rs",
        );
    }
    Ok(())
}

/// The top module that a file of the source folder belongs to.
fn module<'a>(file: &'a str, source: &str) -> Option<&'a str> {
    let inside = file.strip_prefix(source)?.strip_prefix('/')?;
    Some(inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder))
}
