//! `make bench-worker`: the examples, and what a task costs, each beside its alternatives, in turn, in one run.

#![expect(clippy::print_stdout, reason = "the table is what the program is for")]

use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use worker::{Limits, Worker};

#[path = "../examples/word_frequency/count.rs"]
mod count;
#[path = "../examples/replace/replacer.rs"]
mod replacer;
#[path = "../examples/word_frequency/texts.rs"]
mod texts;

use replacer::Replacer;

type Fallible = Result<(), Box<dyn Error>>;

/// Odd: the median is one of them.
const ROUNDS: usize = 9;
const TASKS: usize = 50_000;
const MEGABYTE: f64 = 1_000_000.0;

/// One way to do what the others of its table do.
struct Way<'a> {
    name: &'static str,
    run: Box<dyn FnMut() -> Fallible + 'a>,
    times: Vec<Duration>,
}

impl<'a> Way<'a> {
    fn new(name: &'static str, run: impl FnMut() -> Fallible + 'a) -> Self {
        Self { name, run: Box::new(run), times: Vec::new() }
    }

    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64()
    }
}

/// Measures the ways in turn, so that what else the machine does hits all of them, and prints their speeds in `unit`,
/// of which each does `amount`. The ratio is to the first.
fn compare(title: &str, amount: f64, unit: &str, mut ways: Vec<Way<'_>>) -> Fallible {
    for round in 0..=ROUNDS {
        for way in &mut ways {
            let began = Instant::now();
            (way.run)()?;
            // The first round warms up.
            if round > 0 {
                way.times.push(began.elapsed());
            }
        }
    }
    println!("\n{title}\n{:<44}{:>14}{:>8}", "", format!("{unit}/s"), "ratio");
    let first = ways.first().map_or(0.0, Way::median);
    for way in &ways {
        println!("{:<44}{:>14.1}{:>8.2}", way.name, amount / way.median(), first / way.median());
    }
    Ok(())
}

fn main() -> Fallible {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let size = texts::write(folder.path(), 64, 20_000, 7)?;
    let files = count::files(folder.path())?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    println!("{cores} cores; medians of {ROUNDS} rounds");
    let limits = Limits { running: cores, waiting: cores.get() };
    let worker = runtime.block_on(async { Worker::new(limits, Handle::current()) });

    let title = format!("word frequency: {} files, {:.1} MB", files.len(), size as f64 / MEGABYTE);
    let expected = count::sequential(&files)?;
    let check = |counts: count::Counts| {
        if counts == expected { Ok(()) } else { Err("the counts are others".into()) }
    };
    let sequential = || check(count::sequential(&files)?);
    let per_file = || check(runtime.block_on(count::task_per_file(&worker, &files))?);
    let per_core = || check(runtime.block_on(count::worker_per_core(&worker, &files, cores.get()))?);
    let ways = vec![
        Way::new("one after the other", sequential),
        Way::new("a task a file, bounded", per_file),
        Way::new("a task a core", per_core),
    ];
    compare(&title, size as f64 / MEGABYTE, "MB", ways)?;

    let mut text = String::new();
    for file in &files {
        text.push_str(&std::fs::read_to_string(file)?);
    }
    replace(&text)?;
    tasks(&runtime, cores)
}

/// All ways write into memory that is there already, but for `str::replace`, which makes its own.
fn replace(text: &str) -> Fallible {
    let expected = text.replace("elvis", "Elvis");
    let amount = text.len() as f64 / MEGABYTE;
    let title = format!("replace: {amount:.1} MB, {} times \"elvis\"", text.matches("elvis").count());
    let streamed = |piece: usize| {
        let (mut out, expected) = (Vec::with_capacity(text.len()), &expected);
        move || {
            out.clear();
            let memory = out.as_ptr();
            let mut replacer = Replacer::new(b"elvis", b"Elvis");
            for piece in text.as_bytes().chunks(piece) {
                replacer.feed(piece, &mut out)?;
            }
            replacer.finish(&mut out)?;
            if out != expected.as_bytes() || out.as_ptr() != memory {
                return Err("the result is another, or was moved".into());
            }
            Ok(())
        }
    };
    let whole = || {
        // Compared like the others.
        let is_same = black_box(text).replace("elvis", "Elvis") == expected;
        if is_same { Ok(()) } else { Err("the result is another".into()) }
    };
    let ways = vec![
        Way::new("str::replace, the whole", whole),
        Way::new("streamed, the whole as one piece", streamed(text.len())),
        Way::new("streamed, pieces of 16 KiB", streamed(16 * 1024)),
        Way::new("streamed, pieces of 64 bytes", streamed(64)),
        Way::new("streamed, pieces of 1 byte", streamed(1)),
    ];
    compare(&title, amount, "MB", ways)
}

/// Tasks with nothing to do: what is left is what it costs to have them.
fn tasks(runtime: &Runtime, cores: NonZeroUsize) -> Fallible {
    let spawned = |limits: Limits| {
        let worker = Worker::new(limits, runtime.handle().clone());
        move || {
            runtime.block_on(async {
                let mut tasks = Vec::with_capacity(TASKS);
                for number in 0..TASKS {
                    tasks.push(worker.spawn(async move { black_box(number) }).await?);
                }
                for task in tasks {
                    task.await?;
                }
                Ok(())
            })
        }
    };
    let by_hand = || {
        runtime.block_on(async {
            let slots = Arc::new(Semaphore::new(cores.get()));
            let mut tasks = JoinSet::new();
            for number in 0..TASKS {
                let slot = Arc::clone(&slots).acquire_owned().await?;
                tasks.spawn(async move {
                    black_box(number);
                    drop(slot);
                });
            }
            while let Some(joined) = tasks.join_next().await {
                joined?;
            }
            Ok(())
        })
    };
    let ways = vec![
        Way::new("Semaphore and JoinSet by hand", by_hand),
        Way::new("worker, no room", spawned(Limits { running: cores, waiting: 0 })),
        Way::new("worker, a room of 1000", spawned(Limits { running: cores, waiting: 1000 })),
        Way::new("worker, a room for all", spawned(Limits { running: cores, waiting: TASKS })),
    ];
    compare(&format!("tasks: {TASKS}, empty"), TASKS as f64 / 1000.0, "thousand", ways)
}
