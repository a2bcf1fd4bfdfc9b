//! `admin migrate`.

use ::migrate::{Difference, Error, State, Status};
use serde_json::{Value, json};

use crate::cli::Migrate;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

pub(super) async fn run(context: &Context, command: Migrate) -> Result<Reply, Failure> {
    match command {
        Migrate::Up => up(context).await,
        Migrate::Status => status(context).await,
        Migrate::Verify => verify(context).await,
    }
}

async fn up(context: &Context) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let report = ::migrate::up(connected.database.url()).await?;
    let mut lines: Vec<String> = report
        .applied
        .iter()
        .map(|applied| format!("applied {} ({} ms)", applied.file, applied.took.as_millis()))
        .collect();
    if report.applied.is_empty() {
        lines.push("nothing to apply".to_owned());
    }
    if !report.unknown.is_empty() {
        lines.push(format!("left alone, applied by a newer release: {:?}", report.unknown));
    }
    let applied: Vec<Value> = report
        .applied
        .iter()
        .map(|applied| json!({ "version": applied.version, "file": applied.file, "ms": applied.took.as_millis() as u64 }))
        .collect();
    let data = json!({
        "applied": applied,
        "unknown": report.unknown,
        "waited_ms": report.waited.as_millis() as u64,
    });
    Ok(Reply::lines(data, lines.join("\n")))
}

async fn status(context: &Context) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let all = ::migrate::status(&connected.db).await?;
    let mut table = Table::new(&["version", "file", "state", "since"], "no migrations");
    let mut data = Vec::new();
    for Status { version, file, state } in &all {
        let (state, at) = match state {
            State::Applied { at } => ("applied", Some(at)),
            State::Pending => ("pending", None),
            State::Changed { at } => ("changed", Some(at)),
            State::Unknown { at } => ("unknown", Some(at)),
        };
        let at = at.map(super::moment);
        data.push(json!({ "version": version, "file": file, "state": state, "applied_at": at }));
        table.row([&version.to_string(), file, state, at.as_deref().unwrap_or("")]);
    }
    Ok(Reply::table(data.into(), table))
}

async fn verify(context: &Context) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let found = ::migrate::verify(connected.database.url()).await?;
    let mut lines: Vec<String> = found.differences.iter().map(Difference::to_string).collect();
    lines.extend(found.pending.iter().map(|file| format!("{file} is pending (left out of the comparison)")));
    lines.extend(found.unknown.iter().map(|version| format!("{version} is of a newer release")));
    let is_same = found.differences.is_empty();
    if is_same {
        lines.push("the schema is what its migrations make".to_owned());
    }
    let differences: Vec<Value> = found
        .differences
        .iter()
        .map(|one| json!({ "object": one.object, "expected": one.expected, "found": one.found }))
        .collect();
    let data = json!({ "differences": differences, "pending": found.pending, "unknown": found.unknown });
    Ok(Reply::lines(data, lines.join("\n")).with_exit(if is_same { Exit::Done } else { Exit::Failed }))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Url => Self::of(Exit::Configuration, &error),
            Error::Connect { .. } => Self::of(Exit::Unavailable, &error).mend(crate::exit::DATABASE_MEND),
            Error::Pool { source } => Self::from(source),
            Error::Changed { .. } | Error::Busy { .. } | Error::Locked { .. } => Self::of(Exit::Refused, &error),
            _ => Self::of(Exit::Failed, &error),
        }
    }
}
