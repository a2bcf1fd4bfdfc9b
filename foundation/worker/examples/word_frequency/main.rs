//! The most frequent words of a folder of texts, counted one after the other, by a task a file, by a task a core:
//! `cargo run --release --example word_frequency -- FOLDER`. Without a folder it makes texts of its own.

#![expect(clippy::print_stdout, reason = "whoever runs an example reads its output")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use worker::{Limits, Worker};

mod count;
mod texts;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args_os().nth(1) {
        Some(folder) => show(Path::new(&folder)).await,
        None => {
            let folder = tempfile::tempdir()?;
            texts::write(folder.path(), 64, 20_000, 7)?;
            show(folder.path()).await
        }
    }
}

async fn show(folder: &Path) -> Result<(), Box<dyn Error>> {
    let files = count::files(folder)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    // As many waiting as running: a core that is done with a file finds the next one ready.
    let worker = Worker::new(Limits { running: cores, waiting: cores.get() }, Handle::current());

    let began = Instant::now();
    let counts = count::sequential(&files)?;
    println!("{} files, {} words; one after the other: {:?}", files.len(), counts.len(), began.elapsed());
    let began = Instant::now();
    let per_file = count::task_per_file(&worker, &files).await?;
    println!("a task a file, {cores} at once: {:?}, the same counts: {}", began.elapsed(), per_file == counts);
    let began = Instant::now();
    let per_core = count::worker_per_core(&worker, &files, cores.get()).await?;
    println!("a task a core, {cores} of them: {:?}, the same counts: {}", began.elapsed(), per_core == counts);

    let mut words: Vec<_> = counts.iter().collect();
    words.sort_by(|(word, times), (other, more)| more.cmp(times).then(word.cmp(other)));
    for (word, times) in words.iter().take(10) {
        println!("{times:>8} {word}");
    }
    let report = worker.stop(Duration::from_secs(1)).await;
    println!("left at the stop: {}", report.ended.total() + report.stuck as u64);
    Ok(())
}
