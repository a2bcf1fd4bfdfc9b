//! Films of a file brought into the catalogue, batch by batch.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moviebus::{ImportMovie, Imported};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::film::{Reason, Refusal, film, fnv1a};
use crate::rows::{ReadError, Row, Rows};

/// How an import goes about its work.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Films in one transaction.
    pub batch: usize,
    /// The last year that a row of the collection may name.
    pub latest_year: i64,
}

/// A row that did not become a film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// Why.
    #[serde(flatten)]
    pub refusal: Refusal,
}

/// What became of the rows so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// Films that are new in the catalogue.
    pub created: u64,
    /// Rows that came in with an earlier run.
    pub known: u64,
    /// Rows that are no film, or one that is there already.
    pub rejected: u64,
}

/// How an import ended that met no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With the file.
    File,
    /// After the batch in which it was asked to stop.
    Stopped,
}

/// Why an import ended before the file did. What was committed stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read to its end.
    #[error("the file ends too early")]
    Read(#[from] ReadError),
    /// A batch could not be written.
    #[error("a batch of films could not be written")]
    Write(#[from] moviebus::Error),
    /// Whoever reads the file ended by a fault of its own: nobody knows what comes after the last batch.
    #[error("the reading of the file broke off")]
    BrokenOff,
}

/// Who watches an import that tells of its rejected rows as `R` and counts as `T`. Called between batches.
pub trait Watch<R, T>: Send {
    /// A row was rejected.
    fn rejected(&mut self, rejected: R);

    /// A batch is committed; `bytes` of the file are behind it.
    fn committed(&mut self, tally: &T, bytes: u64);
}

/// Brings the films of `source` in. Rows that the catalogue knows from an earlier run are passed over, so that an
/// import that was ended, in whatever way, is repeated.
///
/// `stop` ends it at the border of a batch. The file is read on a thread of its own, a batch or two ahead: a pipe that has nothing to say keeps nobody waiting.
///
/// # Errors
/// See [`ImportError`]; what is committed by then is in the tally of the last [`Watch::committed`].
pub async fn import<R: BufRead + Send + 'static>(
    movies: &moviebus::Business,
    source: R,
    plan: Plan,
    watch: &mut dyn Watch<Rejected, Tally>,
    stop: &CancellationToken,
) -> Result<Ended, ImportError> {
    let (sender, mut batches) = mpsc::channel(2);
    let position = Arc::new(AtomicU64::new(0));
    let counted = Counted { source, position: Arc::clone(&position) };
    std::thread::spawn(move || read(counted, plan, &sender));

    let mut tally = Tally::default();
    loop {
        let batch = tokio::select! {
            // A batch that is being written is never left.
            biased;
            () = stop.cancelled() => return Ok(Ended::Stopped),
            batch = batches.recv() => batch,
        };
        // The last batch says that it is the last: silence is none.
        let batch = batch.ok_or(ImportError::BrokenOff)?;
        let Batch { rows, films, lines, mut rejected, bytes, end } = batch;
        let outcomes = if films.is_empty() { Vec::new() } else { movies.import(&films).await? };
        for ((outcome, line), film) in outcomes.into_iter().zip(lines).zip(&films) {
            match outcome {
                Imported::Created(_) => tally.created += 1,
                Imported::Known => tally.known += 1,
                Imported::DuplicateTitle => {
                    let detail = "the catalogue has a film with this title, year and director".to_owned();
                    let title = film.new.title.as_str().to_owned();
                    rejected.push(Rejected::new(line, Some(title), detail));
                }
            }
        }
        rejected.sort_by_key(|rejected| rejected.line);
        tally.rows += rows;
        tally.rejected += rejected.len() as u64;
        for rejected in rejected {
            watch.rejected(rejected);
        }
        watch.committed(&tally, bytes);
        match end {
            Some(Ok(())) => return Ok(Ended::File),
            Some(Err(error)) => return Err(error.into()),
            None => {}
        }
    }
}

impl Rejected {
    fn new(line: u64, title: Option<String>, detail: String) -> Self {
        Self { line, refusal: Refusal { title, reasons: vec![Reason { member: "", detail }] } }
    }
}

/// What the reader hands over.
#[derive(Default)]
struct Batch {
    rows: u64,
    films: Vec<ImportMovie>,
    /// The line of each film.
    lines: Vec<u64>,
    rejected: Vec<Rejected>,
    bytes: u64,
    /// Of the last batch: how the file ends.
    end: Option<Result<(), ReadError>>,
}

/// The films of a file so far.
///
/// A second row of one key, or of one title, year and director, says something else about the same film, and nobody
/// knows which is right: the first one is taken, wherever the borders of batches are. Kept as hashes, 32 bytes a film.
#[derive(Default)]
struct Lines(HashMap<u64, u64>);

impl Lines {
    /// The line of the film that this one repeats.
    fn repeated(&mut self, film: &ImportMovie, line: u64) -> Option<u64> {
        let new = &film.new;
        let director = new.director.as_ref().map_or("", |director| director.as_str());
        // A unit separator is in no line of text: no two films run together.
        let film_itself = format!("{}\u{1f}{}\u{1f}{director}", new.title.as_str(), new.year.number()).to_lowercase();
        let hashes = [fnv1a(film.key.as_str()), fnv1a(&film_itself)];
        let first = hashes.iter().find_map(|hash| self.0.get(hash)).copied();
        if first.is_none() {
            self.0.extend(hashes.map(|hash| (hash, line)));
        }
        first
    }
}

/// Reads to the end, or until nobody takes the batches any more.
fn read<R: BufRead>(source: Counted<R>, plan: Plan, sender: &mpsc::Sender<Batch>) {
    let position = Arc::clone(&source.position);
    let (mut lines, mut batch) = (Lines::default(), Batch::default());
    for row in Rows::new(source) {
        match row {
            Ok(row) => batch.add(row, plan, &mut lines),
            Err(error) => {
                batch.end = Some(Err(error));
                break;
            }
        }
        if batch.rows >= plan.batch as u64 {
            batch.bytes = position.load(Ordering::Relaxed);
            if sender.blocking_send(std::mem::take(&mut batch)).is_err() {
                return;
            }
        }
    }
    batch.bytes = position.load(Ordering::Relaxed);
    batch.end.get_or_insert(Ok(()));
    // Whoever left has no use for the rest.
    let _ = sender.blocking_send(batch);
}

impl Batch {
    fn add(&mut self, row: Row, plan: Plan, lines: &mut Lines) {
        self.rows += 1;
        let line = row.line;
        let film = match row.members {
            Ok(members) => film(&members, plan.latest_year).map_err(|refusal| Rejected { line, refusal }),
            Err(detail) => Err(Rejected::new(line, None, detail)),
        };
        match film {
            Ok(film) => match lines.repeated(&film, line) {
                Some(first) => {
                    let title = film.new.title.as_str().to_owned();
                    self.rejected.push(Rejected::new(line, Some(title), format!("repeats the film of line {first}")));
                }
                None => {
                    self.films.push(film);
                    self.lines.push(line);
                }
            },
            Err(rejected) => self.rejected.push(rejected),
        }
    }
}

/// A source that tells how far it was read.
struct Counted<R> {
    source: R,
    position: Arc<AtomicU64>,
}

impl<R: BufRead> std::io::Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.source.consume(amount);
        self.position.fetch_add(amount as u64, Ordering::Relaxed);
    }
}
