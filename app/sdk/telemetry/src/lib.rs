//! Logs, traces, metrics of a process.
//!
//! `start` is called once, inside the runtime, before anything is announced; [`Telemetry::stop`] is the last
//! thing `main` awaits. In between, a request is
//!
//! ```no_run
//! # use std::time::Instant; use tracing::Instrument as _;
//! # async fn handle(header: impl Fn(&str) -> Option<&'static str>, metrics: telemetry::RouteMetrics) {
//! let (begun, in_flight) = (Instant::now(), metrics.begin());
//! let trace = telemetry::Trace::from_headers(header);        // trace.id() goes into problems
//! let span = telemetry::request_span(&trace, "GET", "/v1/movies/{id}");
//! async { /* the handler: telemetry::annotate("user_id", id) */ }.instrument(span.clone()).await;
//! metrics.record(200, begun.elapsed());
//! telemetry::request_done(&span, 200, begun.elapsed());       // the one log line of the request
//! # drop(in_flight); }
//! ```
//!
//! What never appears in any of it: bodies, tokens, passwords, mail addresses. Callers do not pass them; and
//! what slips through inside the text of an error is masked by name and by shape on the way out.

mod filter;
mod http;
mod log;
mod prometheus;
pub mod recorder;
mod scrub;
mod spans;
mod trace;

use std::{fmt, io, path::PathBuf, time::Duration};

use tokio::task::{JoinSet, spawn_blocking};
use tracing::Dispatch;
use tracing_subscriber::{
    Registry,
    layer::{Layer as _, SubscriberExt as _},
    reload,
    util::SubscriberInitExt as _,
};

pub use filter::Filter;
pub use http::{InFlight, RouteMetrics};
pub use prometheus::{Metrics, install as install_metrics};
pub use scrub::text as scrubbed;
pub use trace::{
    Trace, TraceId, annotate, current_trace_id, inject, request_done, request_span, task_span, traceparent,
};

use log::{Logs, Queue};
use spans::Pipeline;

/// How long [`Telemetry::stop`] waits for the collector.
const SPANS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`Telemetry::stop`] waits for the log to be written.
const LOG_TIMEOUT: Duration = Duration::from_secs(2);

/// What to record, and where to.
pub struct Options {
    /// Name of the service in traces.
    pub service_name: String,
    /// Version of the service.
    pub service_version: String,
    /// Where it runs, as `production`.
    pub environment: String,
    /// How a log line is written.
    pub format: Format,
    /// What is logged, as `info,sqlx=debug` (`EnvFilter` of tracing-subscriber).
    pub filter: String,
    /// Where log lines go.
    pub output: Output,
    /// The collector, OTLP over gRPC, as `http://127.0.0.1:4317`; without one no span is recorded.
    pub otlp_endpoint: Option<String>,
    /// Share of the traces begun here that are recorded, 0 to 1.
    pub sample_ratio: f64,
    /// What is kept of requests in memory; nothing without one.
    pub keep: Option<recorder::Keep>,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Pretty when standard output is a terminal and the log goes there, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For eyes.
    Pretty,
}

/// Where log lines go.
pub enum Output {
    /// Standard output.
    Stdout,
    /// Appended to a file.
    File(PathBuf),
    /// Anywhere else.
    Writer(Box<dyn io::Write + Send>),
}

/// Telemetry that is running. Dropped without [`stop`](Self::stop), it writes the log and loses unsent spans.
pub struct Telemetry {
    metrics: Metrics,
    filter: Filter,
    pipeline: Option<Pipeline>,
    requests: recorder::Requests,
    queue: Queue,
    /// Upkeep; aborted when dropped.
    tasks: JoinSet<()>,
    stopped: bool,
}

/// What was lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct Stopped {
    /// Spans that ended and never reached the collector, since the start.
    pub spans_lost: u64,
    /// Log lines that were never written, since the start.
    pub log_lines_lost: u64,
}

/// Telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log filter has no meaning.
    #[error("the log filter {filter:?} is not valid")]
    Filter {
        /// The filter.
        filter: String,
        /// Why.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The log file cannot be opened, or the writing thread not be started.
    #[error("the log cannot be written to {path}")]
    Log {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The exporter of spans cannot be built; a collector that is down is no such error.
    #[error("spans cannot be exported to {endpoint}")]
    Exporter {
        /// The collector.
        endpoint: String,
        /// Why.
        source: opentelemetry_otlp::ExporterBuildError,
    },
    /// Something else in this process records metrics.
    #[error("metrics are already recorded elsewhere")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// Something else in this process takes the logs.
    #[error("logs are already taken elsewhere")]
    Installed(#[source] tracing_subscriber::util::TryInitError),
    /// The filter cannot be changed: the subscriber is gone.
    #[error("the log filter cannot be changed")]
    Reload(#[source] reload::Error),
}

/// Starts telemetry for the whole process. To be called inside the runtime.
///
/// # Errors
/// The filter, file or endpoint is unusable, or telemetry was started before. A collector that does not answer
/// is no error: what is lost then is counted, logged and shown as a metric.
pub fn start(options: Options) -> Result<Telemetry, Error> {
    let (dispatch, telemetry) = build(options)?;
    dispatch.try_init().map_err(Error::Installed)?;
    Ok(telemetry)
}

/// As [`start`], for the caller to install: tests of one process log side by side this way.
///
/// # Errors
/// As [`start`].
pub fn build(options: Options) -> Result<(Dispatch, Telemetry), Error> {
    let filter = filter::parse(&options.filter)?;
    let metrics = prometheus::install()?;
    let (queue, format) = log::open(options.output, options.format)?;
    let resource = spans::resource(&options.service_name, options.service_version.clone(), options.environment);
    let pipeline = match options.otlp_endpoint {
        Some(endpoint) => Some(Pipeline::start(&endpoint, resource)?),
        None => None,
    };

    let sampler = pipeline.as_ref().map(|_| spans::sampler(options.sample_ratio));
    let (filter, handle) = reload::Layer::new(filter);
    let changeable = Filter::new(options.filter, handle);
    let logs = Logs::new(format, queue.clone(), sampler).with_filter(log::filter(filter));
    let recorded = pipeline.as_ref().map(|pipeline| pipeline.layer::<_>());
    // The logs come first: `Telemetry::filter` names the type of the subscriber below them.
    let recorder = options.keep.map(recorder::Recorder::new);
    let requests = recorder.as_ref().map(recorder::Recorder::requests).unwrap_or_default();
    let noted = recorder.map(|recorder| recorder.with_filter(recorder::filter()));
    let dispatch = Dispatch::new(Registry::default().with(logs).with(recorded).with(noted));

    let metrics = metrics.with(queue.losses()).with_all(pipeline.as_ref().map(Pipeline::losses));
    prometheus::build_info(options.service_name, options.service_version);
    let tasks = prometheus::upkeep(&metrics);
    Ok((dispatch, Telemetry { metrics, filter: changeable, pipeline, requests, queue, tasks, stopped: false }))
}

impl Telemetry {
    /// The metrics, for the debug listener.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// The requests that are kept, for the debug listener.
    #[must_use]
    pub fn requests(&self) -> recorder::Requests {
        self.requests.clone()
    }

    /// Changes what is logged, from now on.
    ///
    /// # Errors
    /// The filter has no meaning.
    pub fn set_filter(&self, filter: &str) -> Result<(), Error> {
        self.filter.set(filter)
    }

    /// What is logged, to be changed by somebody else.
    #[must_use]
    pub fn filter(&self) -> Filter {
        self.filter.clone()
    }

    /// Sends what is left, within some seconds even when nobody takes it, and says what was lost.
    pub async fn stop(mut self) -> Stopped {
        let mut spans_lost = 0;
        if let Some(pipeline) = self.pipeline.take() {
            let lost = pipeline.lost();
            // Blocks; and inline on a current-thread runtime the exporter could not even run.
            if let Err(error) = spawn_blocking(move || pipeline.stop(SPANS_TIMEOUT)).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the exporter of spans failed");
            }
            spans_lost = lost();
            if spans_lost > 0 {
                tracing::warn!(spans_lost, "the collector did not take every span");
            }
        }
        self.stopped = true;
        let queue = self.queue.clone();
        let closed = spawn_blocking(move || queue.close(LOG_TIMEOUT)).await;
        // The task fails only when the runtime ends under it: nothing more is waited for then.
        let log_lines_lost = closed.unwrap_or_else(|_| self.queue.close(Duration::ZERO));
        Stopped { spans_lost, log_lines_lost }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.tasks.abort_all();
        if !self.stopped {
            self.queue.close(LOG_TIMEOUT);
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} spans and {} log lines were lost", self.spans_lost, self.log_lines_lost)
    }
}
