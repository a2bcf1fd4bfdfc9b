//! `admin add`, `admin rename`, `admin remove`: a resource that is there, changed as far as nobody wrote over it.

use std::fmt::Write as _;

use scaffold::{Plan, PlanError};
use serde_json::json;

use crate::cli::{Add, Remove, Rename};
use crate::commands::new::{failure, pointed, root};
use crate::exit::Failure;
use crate::output::Reply;

pub(super) fn add(command: Add) -> Result<Reply, Failure> {
    let Add::Field(arguments) = command;
    let plan = scaffold::add_field(&root()?, &arguments.resource, &arguments.member).map_err(|error| match error {
        PlanError::Line(error) => pointed(&error, &arguments.member),
        other => failure(&other),
    })?;
    reply(&plan, arguments.dry_run, &tests(&plan))
}

pub(super) fn rename(command: Rename) -> Result<Reply, Failure> {
    let Rename::Resource(arguments) = command;
    let plan = scaffold::rename(&root()?, &arguments.old, &arguments.new, arguments.plural.as_deref());
    let plan = plan.map_err(|error| match error {
        PlanError::Line(error) => pointed(&error, &arguments.new),
        other => failure(&other),
    })?;
    reply(&plan, arguments.dry_run, &tests(&plan))
}

pub(super) fn remove(command: Remove) -> Result<Reply, Failure> {
    let Remove::Resource(arguments) = command;
    let plan = scaffold::remove(&root()?, &arguments.name, arguments.keep_table).map_err(|error| failure(&error))?;
    reply(&plan, arguments.dry_run, "What is left:\n  cargo check --workspace --tests")
}

/// Writes the plan, or prints it.
fn reply(plan: &Plan, dry_run: bool, next: &str) -> Result<Reply, Failure> {
    if dry_run {
        let diff = plan.diff().map_err(|error| failure(&error))?;
        return Ok(Reply::document(document(plan), diff + "\n" + &notes(plan)));
    }
    plan.write().map_err(|error| failure(&error))?;
    Ok(Reply::lines(document(plan), format!("{}\n{}{next}", list(plan), notes(plan))))
}

fn document(plan: &Plan) -> serde_json::Value {
    let files = plan
        .files()
        .iter()
        .map(|file| json!({ "path": file.path, "new": file.before.is_none(), "from": file.from, "text": file.text }));
    let removed = plan.removed().iter().map(|removed| &removed.path);
    json!({
        "files": files.collect::<Vec<_>>(),
        "removed": removed.collect::<Vec<_>>(),
        "notes": plan.notes(),
    })
}

/// What happens to which file; one that moves is told once.
fn list(plan: &Plan) -> String {
    let mut text = String::new();
    for file in plan.files() {
        let what = match (&file.from, &file.before) {
            (Some(_), _) => "moved",
            (None, None) => "new",
            (None, Some(_)) => "changed",
        };
        let _ = writeln!(text, "{what:<8} {}", file.path);
    }
    let moved = |path: &str| plan.files().iter().any(|file| file.from.as_deref() == Some(path));
    for removed in plan.removed().iter().filter(|removed| !moved(&removed.path)) {
        let _ = writeln!(text, "{:<8} {}", "removed", removed.path);
    }
    text
}

fn notes(plan: &Plan) -> String {
    if plan.notes().is_empty() {
        return String::new();
    }
    let notes: String = plan.notes().iter().map(|note| format!("  - {note}\n")).collect();
    format!("To know:\n{notes}\n")
}

fn tests(plan: &Plan) -> String {
    let (bus, app) = (plan.business_crate(), plan.app_crate());
    format!("Its tests:\n  cargo test -p {bus} -p {app}\n  cargo test -p auth -p platform policy")
}
