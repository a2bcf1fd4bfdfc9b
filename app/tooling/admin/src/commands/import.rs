//! `admin import`.

pub(super) mod places;
mod progress;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::Path;
use std::time::Instant;

use seeding::{Ended, Plan, Rejected, Tally};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::{Import, ImportMovies};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

use self::progress::{Progress, Told, reasons};

pub(super) async fn run(context: &Context, command: Import) -> Result<Reply, Failure> {
    match command {
        Import::Movies(arguments) => movies(context, arguments).await,
        Import::Places(arguments) => places::run(context, arguments).await,
    }
}

async fn movies(context: &Context, arguments: ImportMovies) -> Result<Reply, Failure> {
    let (source, length) = open(&arguments.file)?;
    let report = arguments.report.as_deref().map(create).transpose()?;
    let connected = context.connect().await?;
    connected.check_schema().await?;

    let plan = Plan { batch: arguments.batch as usize, latest_year: arguments.latest_year };
    let mut progress = Progress::<Rejected, Tally>::new(context.output.progress(length), report, |tally| {
        let Tally { created, known, rejected, .. } = tally;
        format!("{created} created, {known} known, {rejected} rejected")
    });
    let stop = CancellationToken::new();
    let movies = moviebus::Business::new(connected.db.clone());
    let began = Instant::now();
    let import = seeding::import(&movies, source, plan, &mut progress, &stop);
    let outcome = super::interruptible(import, &stop).await?;
    progress.finish()?;

    let tally = progress.tally;
    let ended = outcome.map_err(|error| {
        let mend = match &error {
            seeding::ImportError::Read(_) => "mend the file and run the same command again: it goes on where it ended",
            seeding::ImportError::Write(_) | seeding::ImportError::BrokenOff => {
                "run the same command again: it goes on where it ended"
            }
        };
        let exit = exit_of(&error);
        Failure::of(exit, &error).context(&format!("the import ended after {} rows", tally.rows)).mend(mend)
    })?;
    let exit = match ended {
        Ended::Stopped => Exit::Interrupted,
        Ended::File if tally.rejected > arguments.max_rejects => Exit::Partial,
        Ended::File => Exit::Done,
    };
    let Tally { rows, created, known, rejected } = tally;
    let data = json!({ "rows": rows, "created": created, "known": known, "rejected": rejected });
    let counted = format!("{rows} rows: {created} created, {known} known from an earlier run, {rejected} rejected");
    Ok(progress.reply(ended, began.elapsed(), (rows, rejected), data, &counted).with_exit(exit))
}

/// The file, and its length where it has one.
fn open(path: &Path) -> Result<(Box<dyn BufRead + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let failure = |error: io::Error| {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
        Failure::of(exit, &error).context(&format!("{} cannot be read", path.display()))
    };
    let file = File::open(path).map_err(failure)?;
    let metadata = file.metadata().map_err(failure)?;
    if metadata.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display())));
    }
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(BufReader::with_capacity(256 * 1024, file)), length))
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = File::create(path).map_err(|error| {
        Failure::of(Exit::Failed, &error).context(&format!("the report {} cannot be written", path.display()))
    })?;
    Ok(BufWriter::new(file))
}

pub(super) fn exit_of(error: &seeding::ImportError) -> Exit {
    match error {
        seeding::ImportError::Write(moviebus::Error::Store(
            sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded,
        )) => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

impl Told for Rejected {
    const COLUMNS: &[&str] = &["line", "title", "rejected because"];

    fn cells(&self) -> Vec<String> {
        let title = self.refusal.title.clone().unwrap_or_else(|| "-".to_owned());
        vec![self.line.to_string(), title, reasons(&self.refusal.reasons)]
    }
}
