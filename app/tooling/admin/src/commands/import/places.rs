//! `admin import places`.

use std::io::Read as _;
use std::time::{Duration, Instant};

use seeding::{Ended, PlacesError, PlacesTally};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{PRINTED, SHOWN, open};
use crate::cli::ImportPlaces;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

pub(super) async fn run(context: &Context, arguments: ImportPlaces) -> Result<Reply, Failure> {
    let (mut file, _) = open(&arguments.file)?;
    let mut source = Vec::new();
    file.read_to_end(&mut source)
        .map_err(|error| Failure::of(Exit::Failed, &error).context("the file cannot be read to its end"))?;
    let connected = context.connect().await?;
    connected.check_schema().await?;

    let places = cinemabus::places::Business::new(connected.db.clone());
    let (mut tally, stop, began) = (PlacesTally::default(), CancellationToken::new(), Instant::now());
    let import = seeding::import_places(&places, &source, seeding::BATCH, &mut tally, &stop);
    let outcome = super::super::interruptible(import, &stop).await?;
    let ended = outcome.map_err(|error| {
        let failure = Failure::of(exit_of(&error), &error);
        failure.context(&format!("the import ended after {} rows", tally.rows)).mend("run the same command again")
    })?;
    let exit = match ended {
        Ended::Stopped => Exit::Interrupted,
        Ended::File if tally.rejected.len() as u64 > arguments.max_rejects => Exit::Partial,
        Ended::File => Exit::Done,
    };
    Ok(reply(&tally, ended, began.elapsed()).with_exit(exit))
}

pub(in crate::commands) fn exit_of(error: &PlacesError) -> Exit {
    match error {
        PlacesError::Write(cinemabus::places::Error::Store(
            sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded,
        )) => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

fn reply(tally: &PlacesTally, ended: Ended, took: Duration) -> Reply {
    let PlacesTally { rows, created, updated, rejected } = tally;
    let shown = &rejected[..rejected.len().min(SHOWN)];
    let data = json!({
        "rows": rows,
        "created": created,
        "updated": updated,
        "rejected": rejected.len(),
        "complete": ended == Ended::File,
        "seconds": (took.as_secs_f64() * 1000.0).round() / 1000.0,
        "rejects": shown,
        "rejects_left_out": rejected.len() - shown.len(),
    });
    let mut text = String::new();
    if !rejected.is_empty() {
        let mut table = Table::new(&["line", "rejected because"], "");
        for rejected in rejected.iter().take(PRINTED) {
            let reasons = rejected.reasons.iter().map(|reason| format!("{}: {}", reason.member, reason.detail));
            table.push(vec![rejected.line.to_string(), reasons.collect::<Vec<_>>().join("; ")]);
        }
        text = table.render(&console::Style::new());
        let more = rejected.len().saturating_sub(PRINTED);
        if more > 0 {
            text.push_str(&format!("and {more} more; --json tells up to {SHOWN}\n"));
        }
        text.push('\n');
    }
    if ended == Ended::Stopped {
        text.push_str("ended by Ctrl-C after a whole batch; the same command goes on from here\n");
    }
    text.push_str(&format!(
        "{rows} rows: {created} created, {updated} brought up to date, {} rejected ({:.1} s)",
        rejected.len(),
        took.as_secs_f64(),
    ));
    Reply::lines(data, text)
}
