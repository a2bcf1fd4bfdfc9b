//! `admin import places`.

use std::io::Read as _;
use std::time::Instant;

use seeding::{Ended, PlacesError, PlacesTally, RejectedPlace};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::progress::{Progress, Told, reasons};
use super::{create, open};
use crate::cli::ImportPlaces;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

pub(super) async fn run(context: &Context, arguments: ImportPlaces) -> Result<Reply, Failure> {
    let (mut file, _) = open(&arguments.file)?;
    let mut source = Vec::new();
    file.read_to_end(&mut source)
        .map_err(|error| Failure::of(Exit::Failed, &error).context("the file cannot be read to its end"))?;
    let report = arguments.report.as_deref().map(create).transpose()?;
    let connected = context.connect().await?;
    connected.check_schema().await?;

    let bar = context.output.progress(Some(source.len() as u64));
    let mut progress = Progress::<RejectedPlace, PlacesTally>::new(bar, report, |tally| {
        let PlacesTally { created, updated, rejected, .. } = tally;
        format!("{created} created, {updated} brought up to date, {rejected} rejected")
    });
    let places = cinemabus::places::Business::new(connected.db.clone());
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let import = seeding::import_places(&places, &source, seeding::BATCH, &mut progress, &stop);
    let outcome = super::super::interruptible(import, &stop).await?;
    progress.finish()?;

    let PlacesTally { rows, created, updated, rejected } = progress.tally;
    let ended = outcome.map_err(|error| {
        let failure = Failure::of(exit_of(&error), &error);
        failure.context(&format!("the import ended after {rows} rows")).mend("run the same command again")
    })?;
    let exit = match ended {
        Ended::Stopped => Exit::Interrupted,
        Ended::File if rejected > arguments.max_rejects => Exit::Partial,
        Ended::File => Exit::Done,
    };
    let data = json!({ "rows": rows, "created": created, "updated": updated, "rejected": rejected });
    let counted = format!("{rows} rows: {created} created, {updated} brought up to date, {rejected} rejected");
    Ok(progress.reply(ended, began.elapsed(), (rows, rejected), data, &counted).with_exit(exit))
}

pub(in crate::commands) fn exit_of(error: &PlacesError) -> Exit {
    match error {
        PlacesError::Write(cinemabus::places::Error::Store(
            sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded,
        )) => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

impl Told for RejectedPlace {
    const COLUMNS: &[&str] = &["line", "rejected because"];

    fn cells(&self) -> Vec<String> {
        vec![self.line.to_string(), reasons(&self.reasons)]
    }
}
