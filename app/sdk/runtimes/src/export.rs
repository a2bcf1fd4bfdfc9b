//! The same, as metrics.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::report::{Polls, polls};
use crate::{Runtimes, figures, lock};

/// The time that polls take; its buckets are [`BOUNDS`](crate::BOUNDS).
pub const POLL_DURATION: &str = "runtime_poll_duration_seconds";

pub(crate) const SLOW_REQUESTS: &str = "http_server_slow_polls_total";
pub(crate) const SLOW_TASKS: &str = "task_slow_polls_total";

/// What a poll counts as that took longer than the longest bucket, in seconds.
const BEYOND: f64 = 60.0;

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and no count here comes near its limit")]
pub(crate) fn export(runtimes: &Runtimes) {
    describe();
    for member in runtimes.members() {
        let metrics = member.handle.metrics();
        let runtime = member.label();
        let of = |name: &'static str, value: usize| gauge!(name, "runtime" => runtime.clone()).set(value as f64);
        of("runtime_workers", metrics.num_workers());
        of("runtime_tasks", metrics.num_alive_tasks());
        of("runtime_global_queue_tasks", metrics.global_queue_depth());
        if let Some(more) = figures::unstable(&metrics) {
            of("runtime_blocking_threads", more.blocking_threads);
            of("runtime_blocking_threads_idle", more.blocking_threads_idle);
            of("runtime_blocking_queue_tasks", more.blocking_queue);
        }
        for (worker, progress) in figures::sample(&metrics).workers.iter().enumerate() {
            let labels = [("runtime", runtime.clone()), ("worker", worker.to_string())];
            gauge!("runtime_worker_busy_seconds", &labels).set(progress.busy.as_secs_f64());
            counter!("runtime_worker_parks_total", &labels).absolute(metrics.worker_park_count(worker));
            if let Some(more) = figures::unstable_worker(&metrics, worker) {
                counter!("runtime_worker_polls_total", &labels).absolute(more.polls);
                counter!("runtime_worker_steals_total", &labels).absolute(more.steals);
                counter!("runtime_worker_overflows_total", &labels).absolute(more.overflows);
                gauge!("runtime_worker_local_queue_tasks", &labels).set(more.local_queue as f64);
            }
        }
        record(runtimes, &runtime, &polls(&member));
    }
}

/// Adds to the histogram what has come since the last time, each poll as the longest of its bucket.
fn record(runtimes: &Runtimes, runtime: &str, polls: &[Polls]) {
    let mut recorded = lock(&runtimes.0.recorded);
    let histogram = histogram!(POLL_DURATION, "runtime" => runtime.to_owned());
    for (bucket, line) in polls.iter().enumerate() {
        let known = recorded.entry((runtime.to_owned(), bucket)).or_default();
        let new = line.polls.saturating_sub(*known);
        *known = line.polls;
        if new > 0 {
            let seconds = line.up_to_seconds.unwrap_or(BEYOND);
            histogram.record_many(seconds, usize::try_from(new).unwrap_or(usize::MAX));
        }
    }
}

fn describe() {
    describe_gauge!("runtime_workers", Unit::Count, "Threads of a runtime.");
    describe_gauge!("runtime_tasks", Unit::Count, "Tasks that have not ended.");
    describe_gauge!(
        "runtime_global_queue_tasks",
        Unit::Count,
        "Tasks that are ready, and that no worker has taken yet."
    );
    describe_gauge!("runtime_blocking_threads", Unit::Count, "Threads for work that blocks.");
    describe_gauge!("runtime_blocking_threads_idle", Unit::Count, "Threads for work that blocks, without any.");
    describe_gauge!("runtime_blocking_queue_tasks", Unit::Count, "Work that blocks, waiting for a thread.");
    describe_gauge!("runtime_worker_busy_seconds", Unit::Seconds, "Time that a worker has worked.");
    describe_gauge!("runtime_worker_local_queue_tasks", Unit::Count, "Tasks that are ready on one worker.");
    describe_counter!("runtime_worker_parks_total", Unit::Count, "How often a worker ran out of work.");
    describe_counter!("runtime_worker_polls_total", Unit::Count, "Polls of tasks.");
    describe_counter!("runtime_worker_steals_total", Unit::Count, "Tasks that a worker took from another one.");
    describe_counter!("runtime_worker_overflows_total", Unit::Count, "How often a worker's own queue was full.");
    describe_histogram!(POLL_DURATION, Unit::Seconds, "Time of polls, each as the longest of its bucket.");
    describe_counter!(SLOW_REQUESTS, Unit::Count, "Polls of requests that blocked their thread for 100 ms or more.");
    describe_counter!(SLOW_TASKS, Unit::Count, "Polls of tasks that blocked their thread for 100 ms or more.");
}
