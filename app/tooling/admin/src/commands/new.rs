//! `admin new`: code that a team owns from here on.

use std::fmt::Write as _;
use std::path::PathBuf;

use scaffold::{File, ParseError, Plan, PlanError};
use serde_json::json;

use crate::cli::{New, NewResource};
use crate::commands::doctor::is_clone;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

pub(super) fn run(command: New) -> Result<Reply, Failure> {
    let New::Resource(arguments) = command;
    resource(&arguments)
}

fn resource(arguments: &NewResource) -> Result<Reply, Failure> {
    let mut words = vec![arguments.name.as_str()];
    words.extend(arguments.members.iter().map(String::as_str));
    let resource =
        scaffold::parse(&words, arguments.plural.as_deref()).map_err(|error| pointed(&error, &words.join(" ")))?;
    let resource = scaffold::Resource { owned: arguments.owned, service: arguments.service.clone(), ..resource };
    let plan = scaffold::plan(&root()?, &resource).map_err(|error| failure(&error))?;
    if arguments.dry_run {
        return Ok(Reply::document(files(&plan), text(&plan)));
    }
    plan.write().map_err(|error| failure(&error))?;
    Ok(Reply::lines(files(&plan), next(&plan)))
}

/// The clone that the command runs in.
pub(super) fn root() -> Result<PathBuf, Failure> {
    let working = std::env::current_dir()?;
    let root = working.ancestors().find(|folder| is_clone(folder)).ok_or_else(|| {
        Failure::not_found("this folder lies in no clone of the product").mend("change into the clone")
    })?;
    Ok(root.to_owned())
}

/// A fault in the line, with what points at it. A member in quotes may have spaces, which are faults; its columns count
/// all the same.
pub(super) fn pointed(error: &ParseError, line: &str) -> Failure {
    Failure::usage(format!("{error}\n  {line}\n  {:>width$}", "^", width = error.column))
        .mend("`admin new resource --help` lists the types")
}

pub(super) fn failure(error: &PlanError) -> Failure {
    let exit = match error {
        PlanError::Unknown(_) => Exit::NotFound,
        PlanError::Line(_) => Exit::Usage,
        PlanError::Exists(_)
        | PlanError::Undescribed { .. }
        | PlanError::Impossible(_)
        | PlanError::Conflicts(_)
        | PlanError::Mentioned(_)
        | PlanError::Place { .. }
        | PlanError::Dirty(_) => Exit::Refused,
        PlanError::File { .. } | PlanError::Program { .. } | PlanError::Template(_) => Exit::Failed,
    };
    let failure = Failure::of(exit, error).context("nothing was written");
    match error {
        PlanError::Unknown(_) => {
            failure.mend("each has [package.metadata.resource] in its manifest below business/domain")
        }
        PlanError::Conflicts(_) => failure
            .mend("write these lines as they have to be, or put back how they were generated; commit, and try again"),
        PlanError::Mentioned(_) => failure.mend("take it out of these places first"),
        _ => failure,
    }
}

fn files(plan: &Plan) -> serde_json::Value {
    let file = |file: &File| json!({ "path": file.path, "new": file.before.is_none(), "text": file.text });
    plan.files().iter().map(file).collect()
}

/// Each file below its name.
fn text(plan: &Plan) -> String {
    plan.files().iter().map(|file| format!("==> {} <==\n{}\n", file.path, file.text)).collect()
}

/// What was written, and what to do with it.
fn next(plan: &Plan) -> String {
    let (new, changed): (Vec<&File>, Vec<&File>) = plan.files().iter().partition(|file| file.before.is_none());
    let mut text = String::new();
    for (what, files) in [("new", &new), ("changed", &changed)] {
        for file in files {
            let _ = writeln!(text, "{what:<8} {}", file.path);
        }
    }
    let (bus, app) = (plan.business_crate(), plan.app_crate());
    let references: String = plan.references().iter().map(|(variable, path)| first_id(variable, path)).collect();
    let as_whom = if plan.is_owned() { " EMAIL=customer@example.com" } else { "" };
    let _ = write!(
        text,
        "\nIts tests:\n  cargo test -p {bus} -p {app}\n\
         Its place at the gateway, its objectives, its part of the API's copy:\n  cargo run --bin admin -- check --accept\n\
         The first of it, while `make run` runs in another terminal:\n{references}  \
         curl -i http://127.0.0.1:3000{path} -H \"Authorization: Bearer $(make -s token{as_whom})\" \\\n    \
         -H 'Content-Type: application/json' -d '{body}'",
        path = plan.path(),
        body = plan.example(),
    );
    text
}

/// Keeps the id of the first of a list in a variable.
fn first_id(variable: &str, path: &str) -> String {
    format!("  {variable}=$(curl -s 'http://127.0.0.1:3000{path}?limit=1' | sed -E 's/.*\"id\":\"([^\"]+)\".*/\\1/')\n")
}
