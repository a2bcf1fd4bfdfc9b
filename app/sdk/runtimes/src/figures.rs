//! tokio's own figures.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, RuntimeMetrics};

/// Figures of a worker at a moment, to be compared with later ones.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Instant,
    pub(crate) workers: Vec<Progress>,
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Progress {
    pub(crate) busy: Duration,
    /// Odd while the worker waits for something to do.
    pub(crate) parks_and_unparks: u64,
}

/// What tokio tells beyond its stable figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unstable {
    pub(crate) blocking_threads: usize,
    pub(crate) blocking_threads_idle: usize,
    pub(crate) blocking_queue: usize,
}

/// The same of a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnstableWorker {
    pub(crate) local_queue: usize,
    pub(crate) polls: u64,
    pub(crate) steals: u64,
    pub(crate) overflows: u64,
    pub(crate) mean_poll: Duration,
}

pub(crate) fn sample(metrics: &RuntimeMetrics) -> Sample {
    let workers = (0..metrics.num_workers()).map(|worker| Progress {
        busy: metrics.worker_total_busy_duration(worker),
        parks_and_unparks: metrics.worker_park_unpark_count(worker),
    });
    Sample { at: Instant::now(), workers: workers.collect() }
}

/// Has the runtime that is built count how long its polls take, where tokio can.
#[cfg(tokio_unstable)]
pub fn count_polls(builder: &mut Builder) {
    use tokio::runtime::{HistogramConfiguration, LogHistogram};

    // Buckets that double, from 16 microseconds to a second.
    let buckets = LogHistogram::builder().precision_exact(0).min_value(Duration::from_micros(16));
    let buckets = buckets.max_value(Duration::from_secs(1)).build();
    builder.enable_metrics_poll_time_histogram();
    builder.metrics_poll_time_histogram_configuration(HistogramConfiguration::log(buckets));
}

/// Has the runtime that is built count how long its polls take, where tokio can.
#[cfg(not(tokio_unstable))]
pub fn count_polls(_: &mut Builder) {}

#[cfg(tokio_unstable)]
pub(crate) fn unstable(metrics: &RuntimeMetrics) -> Option<Unstable> {
    Some(Unstable {
        blocking_threads: metrics.num_blocking_threads(),
        blocking_threads_idle: metrics.num_idle_blocking_threads(),
        blocking_queue: metrics.blocking_queue_depth(),
    })
}

#[cfg(not(tokio_unstable))]
pub(crate) fn unstable(_: &RuntimeMetrics) -> Option<Unstable> {
    None
}

#[cfg(tokio_unstable)]
pub(crate) fn unstable_worker(metrics: &RuntimeMetrics, worker: usize) -> Option<UnstableWorker> {
    Some(UnstableWorker {
        local_queue: metrics.worker_local_queue_depth(worker),
        polls: metrics.worker_poll_count(worker),
        steals: metrics.worker_steal_count(worker),
        overflows: metrics.worker_overflow_count(worker),
        mean_poll: metrics.worker_mean_poll_time(worker),
    })
}

#[cfg(not(tokio_unstable))]
pub(crate) fn unstable_worker(_: &RuntimeMetrics, _: usize) -> Option<UnstableWorker> {
    None
}

/// How many polls took no longer than so long and longer than the bound before, for a runtime that counts them.
#[cfg(tokio_unstable)]
pub(crate) fn poll_times(metrics: &RuntimeMetrics) -> Option<Vec<(Duration, u64)>> {
    metrics.poll_time_histogram_enabled().then(|| {
        let buckets = 0..metrics.poll_time_histogram_num_buckets();
        let count = |bucket| {
            let workers = 0..metrics.num_workers();
            workers.map(|worker| metrics.poll_time_histogram_bucket_count(worker, bucket)).sum()
        };
        buckets.map(|bucket| (metrics.poll_time_histogram_bucket_range(bucket).end, count(bucket))).collect()
    })
}

#[cfg(not(tokio_unstable))]
pub(crate) fn poll_times(_: &RuntimeMetrics) -> Option<Vec<(Duration, u64)>> {
    None
}
