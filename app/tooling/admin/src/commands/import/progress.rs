//! What is seen of an import while it runs, and when it has ended: whatever comes in.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::time::Duration;

use indicatif::ProgressBar;
use seeding::{Ended, Reason, Watch};
use serde::Serialize;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

/// Rejected rows that an answer holds; a report file holds them all.
const SHOWN: usize = 1000;

/// Rejected rows that a person gets to see at once.
const PRINTED: usize = 50;

/// A bar, a report, and the first rejected rows.
pub(super) struct Progress<R, T> {
    bar: ProgressBar,
    message: fn(&T) -> String,
    report: Option<BufWriter<File>>,
    /// The first failure to write the report.
    report_failure: Option<io::Error>,
    pub(super) tally: T,
    rejected: Vec<R>,
}

/// A rejected row that is told of.
pub(super) trait Told: Serialize + Send {
    /// What a table of them has.
    const COLUMNS: &[&str];

    /// Its line of the table.
    fn cells(&self) -> Vec<String>;
}

impl<R: Told, T: Default> Progress<R, T> {
    /// Nothing is in yet; `message` stands beside the bar.
    pub(super) fn new(bar: ProgressBar, report: Option<BufWriter<File>>, message: fn(&T) -> String) -> Self {
        // The bar moves while a pipe is silent, too.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, message, report, report_failure: None, tally: T::default(), rejected: Vec::new() }
    }

    /// Takes the bar away, and writes out what is left of the report.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let flushed = self.report.as_mut().map_or(Ok(()), |report| report.flush());
        match self.report_failure.take().map_or(flushed, Err) {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure::of(Exit::Failed, &error)
                .context("the report could not be written")
                .mend("the import itself is done; run it again for the report, nothing comes in twice")),
        }
    }

    /// What is told at the end: `data` and `counted` say how many rows became what, of which so many were read and rejected.
    pub(super) fn reply(
        &self,
        ended: Ended,
        took: Duration,
        (rows, rejected): (u64, u64),
        mut data: Value,
        counted: &str,
    ) -> Reply {
        let rate = rows as f64 / took.as_secs_f64().max(0.001);
        data["complete"] = json!(ended == Ended::File);
        data["seconds"] = json!((took.as_secs_f64() * 1000.0).round() / 1000.0);
        data["rejects"] = json!(self.rejected);
        data["rejects_left_out"] = json!(rejected.saturating_sub(self.rejected.len() as u64));
        let mut text = String::new();
        if !self.rejected.is_empty() {
            let mut table = Table::new(R::COLUMNS, "");
            self.rejected.iter().take(PRINTED).for_each(|rejected| table.push(rejected.cells()));
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
        text.push_str(&format!("{counted} ({:.1} s, {rate:.0} rows/s)", took.as_secs_f64()));
        Reply::lines(data, text)
    }
}

impl<R: Told, T: Copy + Send> Watch<R, T> for Progress<R, T> {
    fn rejected(&mut self, rejected: R) {
        // Its members are numbers and texts: it is always a value.
        let line = serde_json::to_value(&rejected).unwrap_or_default();
        if let Some(report) = &mut self.report
            && let Err(error) = writeln!(report, "{line}")
        {
            self.report_failure.get_or_insert(error);
        }
        if self.rejected.len() < SHOWN {
            self.rejected.push(rejected);
        }
    }

    fn committed(&mut self, tally: &T, bytes: u64) {
        self.tally = *tally;
        self.bar.set_position(bytes);
        self.bar.set_message((self.message)(tally));
    }
}

/// Every reason, in one line.
pub(super) fn reasons(reasons: &[Reason]) -> String {
    let reasons = reasons.iter().map(|reason| match reason.member {
        "" => reason.detail.clone(),
        member => format!("{member}: {}", reason.detail),
    });
    reasons.collect::<Vec<_>>().join("; ")
}
