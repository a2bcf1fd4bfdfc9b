//! `admin import`.

pub(super) mod places;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use seeding::{Ended, Plan, Rejected, Tally, Watch};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::cli::{Import, ImportMovies};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

/// Rejected rows that an answer holds; a report file holds them all.
const SHOWN: usize = 1000;

/// Rejected rows that a person gets to see at once.
const PRINTED: usize = 50;

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
    let mut progress = Progress::new(context.output.progress(length), report);
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
    Ok(progress.reply(ended, began.elapsed()).with_exit(exit))
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

/// What is seen of an import.
struct Progress {
    bar: ProgressBar,
    report: Option<BufWriter<File>>,
    /// The first failure to write the report.
    report_failure: Option<io::Error>,
    tally: Tally,
    rejected: Vec<Rejected>,
}

impl Progress {
    fn new(bar: ProgressBar, report: Option<BufWriter<File>>) -> Self {
        // The bar moves while a pipe is silent, too.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, report, report_failure: None, tally: Tally::default(), rejected: Vec::new() }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let flushed = self.report.as_mut().map_or(Ok(()), |report| report.flush());
        match self.report_failure.take().map_or(flushed, Err) {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure::of(Exit::Failed, &error)
                .context("the report could not be written")
                .mend("the import itself is done; run it again for the report, nothing comes in twice")),
        }
    }

    fn reply(&self, ended: Ended, took: Duration) -> Reply {
        let Tally { rows, created, known, rejected } = self.tally;
        let left_out = rejected.saturating_sub(self.rejected.len() as u64);
        let rate = rows as f64 / took.as_secs_f64().max(0.001);
        let data = json!({
            "rows": rows,
            "created": created,
            "known": known,
            "rejected": rejected,
            "complete": ended == Ended::File,
            "seconds": (took.as_secs_f64() * 1000.0).round() / 1000.0,
            "rejects": self.rejected,
            "rejects_left_out": left_out,
        });
        let mut text = String::new();
        if !self.rejected.is_empty() {
            let mut table = Table::new(&["line", "title", "rejected because"], "");
            for rejected in self.rejected.iter().take(PRINTED) {
                let title = rejected.refusal.title.as_deref().unwrap_or("-");
                table.row([&rejected.line.to_string(), title, &reasons(rejected)]);
            }
            text = table.render(&console::Style::new());
            let more = rejected.saturating_sub(PRINTED as u64);
            if more > 0 {
                text.push_str(&format!("and {more} more; --report FILE writes them all\n"));
            }
            text.push('\n');
        }
        if ended == Ended::Stopped {
            text.push_str("ended by Ctrl-C after a whole batch; the same command goes on from here\n");
        }
        text.push_str(&format!(
            "{rows} rows: {created} created, {known} known from an earlier run, {rejected} rejected ({:.1} s, {rate:.0} rows/s)",
            took.as_secs_f64(),
        ));
        Reply::lines(data, text)
    }
}

impl Watch for Progress {
    fn rejected(&mut self, rejected: Rejected) {
        if let Some(report) = &mut self.report
            && let Err(error) = writeln!(report, "{}", line(&rejected))
        {
            self.report_failure.get_or_insert(error);
        }
        if self.rejected.len() < SHOWN {
            self.rejected.push(rejected);
        }
    }

    fn committed(&mut self, tally: &Tally, bytes: u64) {
        self.tally = *tally;
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{} created, {} known, {} rejected", tally.created, tally.known, tally.rejected));
    }
}

fn line(rejected: &Rejected) -> Value {
    // Its members are numbers and texts: it is always a value.
    serde_json::to_value(rejected).unwrap_or_default()
}

fn reasons(rejected: &Rejected) -> String {
    let reasons = rejected.refusal.reasons.iter().map(|reason| match reason.member {
        "" => reason.detail.clone(),
        member => format!("{member}: {}", reason.detail),
    });
    reasons.collect::<Vec<_>>().join("; ")
}
