//! Metrics of the process, as Prometheus reads them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use metrics::Unit;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{task::JoinSet, time::MissedTickBehavior};
use tokio_metrics::RuntimeMetricsReporterBuilder;

use crate::{Error, http};

/// Bounds of latency buckets in seconds: from a cache hit to the longest deadline.
const LATENCY: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often histograms are drained and the runtime is looked at.
const UPKEEP: Duration = Duration::from_secs(5);

/// Beside `process_cpu_seconds_total`, which is a counter and so has whole seconds: too coarse for a plot.
const PROCESSOR_TIME: &str = "process_cpu_time_seconds";

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: metrics_process::Collector,
    /// What is counted elsewhere, and read when somebody looks.
    counted: Vec<Arc<dyn Fn() + Send + Sync>>,
}

impl Metrics {
    /// Every metric, in the text exposition format 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        self.process.collect();
        metrics::gauge!(PROCESSOR_TIME).set(processor_time().as_secs_f64());
        self.counted.iter().for_each(|read| read());
        self.handle.render()
    }

    pub(crate) fn with(mut self, read: Box<dyn Fn() + Send + Sync>) -> Self {
        self.counted.push(read.into());
        self
    }

    pub(crate) fn with_all(self, reads: Option<Box<dyn Fn() + Send + Sync>>) -> Self {
        reads.into_iter().fold(self, Self::with)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Takes the metrics of this process; again and again, they are the same.
///
/// # Errors
/// Another recorder is installed.
pub fn install() -> Result<Metrics, Error> {
    // The recorder is one for the process, as the `metrics` crate has it; so is its handle.
    static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    let handle = match &*installed {
        Some(handle) => handle.clone(),
        None => {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY)
                .and_then(|builder| {
                    let polls = Matcher::Full(runtimes::POLL_DURATION.to_owned());
                    builder.set_buckets_for_metric(polls, &runtimes::BOUNDS)
                })
                .map_err(Error::Metrics)?;
            let handle = builder.install_recorder().map_err(Error::Metrics)?;
            describe();
            installed.insert(handle).clone()
        }
    };
    Ok(Metrics { handle, process: metrics_process::Collector::default(), counted: Vec::new() })
}

/// Says which build this is.
pub(crate) fn build_info(service: String, version: String) {
    metrics::gauge!("build_info", "service" => service, "version" => version).set(1.0);
}

/// Keeps the recorder small, and the metrics of the runtime fresh, until the set is dropped.
pub(crate) fn upkeep(metrics: &Metrics) -> JoinSet<()> {
    let handle = metrics.handle.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            handle.run_upkeep();
        }
    });
    tasks.spawn(RuntimeMetricsReporterBuilder::default().with_interval(UPKEEP).describe_and_run());
    tasks
}

/// What this process took of the processors so far.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn describe() {
    metrics_process::Collector::default().describe();
    http::describe();
    metrics::describe_gauge!(PROCESSOR_TIME, Unit::Seconds, "Processor time of the process, to the microsecond.");
    metrics::describe_gauge!("build_info", "Which service and version runs; always 1.");
    metrics::describe_counter!("log_lines_lost_total", Unit::Count, "Log lines never written: the output was slower.");
    metrics::describe_counter!("trace_spans_ended_total", Unit::Count, "Spans that were recorded and ended.");
    metrics::describe_counter!("trace_spans_delivered_total", Unit::Count, "Spans that the collector took.");
}
