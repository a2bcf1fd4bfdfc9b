//! How often each word is in the texts of a folder, counted in three ways.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use worker::{Error, Worker};

/// How often each word was met.
pub(crate) type Counts = HashMap<String, u64>;

/// Why there are no counts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Task(#[from] Error),
}

/// The files directly in `folder`.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let read = |source| Fault::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(read)? {
        let entry = entry.map_err(read)?;
        if entry.file_type().map_err(read)?.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// One file after the other.
pub(crate) fn sequential(files: &[PathBuf]) -> Result<Counts, Fault> {
    let mut counts = Counts::new();
    for file in files {
        count_file(file, &mut counts)?;
    }
    Ok(counts)
}

/// A task and a table for each file; the worker says how many at once, and how many more may wait.
pub(crate) async fn task_per_file(worker: &Worker, files: &[PathBuf]) -> Result<Counts, Fault> {
    let mut tasks = Vec::new();
    for file in files {
        let file = file.clone();
        let task = worker.spawn(async move {
            let mut counts = Counts::new();
            count_file(&file, &mut counts).map(|()| counts)
        });
        tasks.push(task.await?);
    }
    let mut all = Counts::new();
    for task in tasks {
        merge(&mut all, task.await??);
    }
    Ok(all)
}

/// As many tasks as cores, each with one table; whoever is done with a file takes the next.
pub(crate) async fn worker_per_core(worker: &Worker, files: &[PathBuf], cores: usize) -> Result<Counts, Fault> {
    let (files, next): (Arc<[PathBuf]>, _) = (files.into(), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..cores {
        let (files, next) = (Arc::clone(&files), Arc::clone(&next));
        let task = worker.spawn(async move {
            let mut counts = Counts::new();
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                count_file(file, &mut counts)?;
                // Here the task can be cancelled, and others of the runtime have their turn.
                tokio::task::yield_now().await;
            }
            Ok::<_, Fault>(counts)
        });
        tasks.push(task.await?);
    }
    let mut all = Counts::new();
    for task in tasks {
        merge(&mut all, task.await??);
    }
    Ok(all)
}

/// Reading and counting hold the thread: the texts are small, and a page of the cache is there sooner than a thread.
fn count_file(file: &Path, counts: &mut Counts) -> Result<(), Fault> {
    let bytes = std::fs::read(file).map_err(|source| Fault::Read { path: file.to_owned(), source })?;
    count(&String::from_utf8_lossy(&bytes), counts);
    Ok(())
}

/// A word is letters and digits without anything between, in small letters.
fn count(text: &str, counts: &mut Counts) {
    let mut small = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        small.clear();
        small.extend(word.chars().flat_map(char::to_lowercase));
        match counts.get_mut(&small) {
            Some(times) => *times += 1,
            None => {
                counts.insert(small.clone(), 1);
            }
        }
    }
}

fn merge(all: &mut Counts, part: Counts) {
    for (word, times) in part {
        *all.entry(word).or_default() += times;
    }
}
