//! What is shown.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::figures::{self, Sample};
use crate::histogram::BOUNDS;
use crate::{Member, Runtimes, SLOW, lock};

/// All runtimes at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The runtimes.
    pub runtimes: Vec<Runtime>,
    /// What is being polled now for [`SLOW`] or longer.
    pub blocked: Vec<Blocked>,
    /// What had slow polls, the longest first.
    pub slow_polls: Vec<Slow>,
    /// A poll is slow from here on.
    pub slow_from_ms: u64,
}

/// A runtime.
#[derive(Clone, Debug, Serialize)]
pub struct Runtime {
    /// What it is for, with its number where there are several.
    pub name: String,
    /// Tasks that have not ended.
    pub tasks: usize,
    /// Tasks that are ready, and that no worker has taken yet.
    pub global_queue: usize,
    /// Threads for work that blocks, those among them that wait, and what waits for one. Not in every build.
    pub blocking: Option<Blocking>,
    /// The workers.
    pub workers: Vec<Worker>,
    /// How many polls took how long. Of the runtime for the service's own work they are all polls; of those that serve, the
    /// polls of requests.
    pub polls: Vec<Polls>,
}

/// The threads for work that blocks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Blocking {
    /// All of them.
    pub threads: usize,
    /// Those that wait.
    pub idle: usize,
    /// What waits for one.
    pub queue: usize,
}

/// A worker.
#[derive(Clone, Debug, Serialize)]
pub struct Worker {
    /// The share of its time that it worked, lately; nothing before two looks were taken.
    pub busy_ratio: Option<f64>,
    /// How long it worked, since its start.
    pub busy_seconds: f64,
    /// How often it ran out of work.
    pub parks: u64,
    /// Tasks that only it sees. Not in every build, as all that follows.
    pub local_queue: Option<usize>,
    /// Polls.
    pub polls: Option<u64>,
    /// Tasks that it took from other workers.
    pub steals: Option<u64>,
    /// How often its own queue was full.
    pub overflows: Option<u64>,
    /// What a poll takes, on average.
    pub mean_poll_us: Option<u64>,
}

/// Polls that took longer than the line before, and no longer than this.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Polls {
    /// The longest that is counted here, in seconds; nothing for all that is longer.
    pub up_to_seconds: Option<f64>,
    /// How many.
    pub polls: u64,
}

/// A thread that is held.
#[derive(Clone, Debug, Serialize)]
pub struct Blocked {
    /// The thread.
    pub thread: String,
    /// What holds it.
    pub work: String,
    /// Since how long.
    pub for_ms: u64,
}

/// What had slow polls.
#[derive(Clone, Debug, Serialize)]
pub struct Slow {
    /// A request's method and route, or a task.
    pub work: String,
    /// How many.
    pub polls: u64,
    /// The longest.
    pub longest_ms: u64,
    /// When the last one ended.
    pub seconds_ago: u64,
}

pub(crate) fn of(runtimes: &Runtimes) -> Report {
    let blocked = runtimes.seats().into_iter().filter_map(|seat| {
        let at = (*lock(&seat.at))?;
        let held = at.since.elapsed();
        (held >= SLOW).then(|| Blocked { thread: seat.thread.clone(), work: at.work.to_string(), for_ms: millis(held) })
    });
    let now = Instant::now();
    let slow = lock(&runtimes.0.slow).clone();
    let mut slow: Vec<Slow> = slow
        .into_iter()
        .map(|(work, slowness)| Slow {
            work: work.to_string(),
            polls: slowness.polls,
            longest_ms: millis(slowness.longest),
            seconds_ago: now.duration_since(slowness.last).as_secs(),
        })
        .collect();
    slow.sort_by_key(|slow| std::cmp::Reverse(slow.longest_ms));
    Report {
        runtimes: runtimes.members().iter().map(|member| runtime(member)).collect(),
        blocked: blocked.collect(),
        slow_polls: slow,
        slow_from_ms: millis(SLOW),
    }
}

fn runtime(member: &Member) -> Runtime {
    let metrics = member.handle.metrics();
    let before = {
        let samples = lock(&member.samples);
        samples.0.clone().or_else(|| samples.1.clone())
    };
    let now = figures::sample(&metrics);
    let blocking = figures::unstable(&metrics).map(|unstable| Blocking {
        threads: unstable.blocking_threads,
        idle: unstable.blocking_threads_idle,
        queue: unstable.blocking_queue,
    });
    let workers = (0..now.workers.len()).map(|worker| {
        let more = figures::unstable_worker(&metrics, worker);
        Worker {
            busy_ratio: before.as_ref().and_then(|before| busy_ratio(before, &now, worker)),
            busy_seconds: now.workers[worker].busy.as_secs_f64(),
            parks: metrics.worker_park_count(worker),
            local_queue: more.map(|more| more.local_queue),
            polls: more.map(|more| more.polls),
            steals: more.map(|more| more.steals),
            overflows: more.map(|more| more.overflows),
            mean_poll_us: more.map(|more| u64::try_from(more.mean_poll.as_micros()).unwrap_or(u64::MAX)),
        }
    });
    Runtime {
        name: member.label(),
        tasks: metrics.num_alive_tasks(),
        global_queue: metrics.global_queue_depth(),
        blocking,
        workers: workers.collect(),
        polls: polls(member),
    }
}

/// Between two looks, in thousandths.
fn busy_ratio(before: &Sample, now: &Sample, worker: usize) -> Option<f64> {
    let apart = now.at.duration_since(before.at).as_secs_f64();
    let busy = now.workers.get(worker)?.busy.checked_sub(before.workers.get(worker)?.busy)?.as_secs_f64();
    (apart > 0.0).then(|| ((busy / apart).min(1.0) * 1000.0).round() / 1000.0)
}

/// The polls of a runtime by their time.
pub(crate) fn polls(member: &Member) -> Vec<Polls> {
    if let Some(times) = figures::poll_times(&member.handle.metrics()) {
        // tokio's last bucket has no end.
        let last = times.len().saturating_sub(1);
        let line = |(bucket, (end, polls)): (usize, (Duration, u64))| Polls {
            up_to_seconds: (bucket < last).then_some(end.as_secs_f64()),
            polls,
        };
        return times.into_iter().enumerate().map(line).collect();
    }
    let counts = member.seat.get().map(|seat| seat.polls.counts());
    let line = |(bucket, polls)| Polls { up_to_seconds: BOUNDS.get(bucket).copied(), polls };
    counts.into_iter().flatten().enumerate().map(line).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
