//! Runs that are kept for comparison.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::{Parameters, Record};

/// Where, below the folder that the command is run in.
const FOLDER: &str = ".marquee/load";

/// How many are kept.
const KEPT: usize = 200;

/// The newest run with these parameters. Files that are none are passed over.
pub(crate) fn last(parameters: &Parameters) -> Option<Record> {
    let records = files().into_iter().rev().filter_map(|file| read(&file).ok());
    records.into_iter().find(|record| record.parameters == *parameters && !record.ended_early)
}

/// The run in a file.
pub(crate) fn read(file: &Path) -> io::Result<Record> {
    let text = fs::read(file)?;
    serde_json::from_slice(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Keeps a run, and removes the oldest beyond what is kept.
pub(crate) fn keep(record: &Record) -> io::Result<PathBuf> {
    fs::create_dir_all(FOLDER)?;
    let name = record.at.replace(':', "");
    let file = Path::new(FOLDER).join(format!("{name}.json"));
    // Half a file under its name would be read by another run.
    let unfinished = file.with_extension("part");
    fs::write(&unfinished, serde_json::to_vec(record)?)?;
    fs::rename(&unfinished, &file)?;
    let files = files();
    for old in files.iter().take(files.len().saturating_sub(KEPT)) {
        // Another run may have been faster.
        let _ = fs::remove_file(old);
    }
    Ok(file)
}

/// The files, oldest first: their names begin with the time.
fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|found| found == "json")).collect();
    files.sort();
    files
}
