//! The service under load, looked at through its debug listener.

use std::time::{Duration, Instant};

use hyper::Request;
use load::{Samples, Target, ask};
use serde::{Deserialize, Serialize};

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long an answer of the debug listener may take.
const LIMIT: Duration = Duration::from_secs(2);

/// What the service is and used, the whole window taken together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    /// Name and version.
    pub(crate) build: String,
    /// Processors it kept busy.
    pub(crate) processors: f64,
    /// Processor time for one request that was due, in milliseconds.
    pub(crate) processor_per_request: f64,
    /// Resident memory in bytes, at the begin and at the end.
    pub(crate) memory: (f64, f64),
    /// Times a connection was taken from the pool.
    pub(crate) acquired: f64,
    /// Seconds waited for one, all requests together.
    pub(crate) waited: f64,
    /// Requests that got none.
    pub(crate) refused: f64,
}

/// The service at one moment; rates are since the moment before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// Seconds from the begin of the window.
    pub(crate) at: f64,
    pub(crate) processors: f64,
    /// Bytes.
    pub(crate) memory: f64,
    pub(crate) active_requests: f64,
    pub(crate) pool: Option<Pool>,
}

/// The pool of connections to the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pool {
    pub(crate) most: f64,
    pub(crate) busy: f64,
    pub(crate) waiting: f64,
    /// Milliseconds that a request waited for a connection, on average.
    pub(crate) wait: f64,
}

/// A look, with its time.
type Look = (Instant, Samples);

/// What was seen during a run.
#[derive(Debug)]
pub(crate) struct Seen {
    build: String,
    looks: Vec<Look>,
}

/// Name and version of the service; `None` when nobody answers there.
pub(crate) async fn build(debug: &Target) -> Option<String> {
    let request = Request::builder().uri("/buildinfo").body(Default::default()).ok()?;
    let answer = ask(debug, request, LIMIT).await.ok()?;
    let info: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
    Some(format!("{} {}", info.get("name")?.as_str()?, info.get("version")?.as_str()?))
}

/// Looks at the service from `begin` until `end`, and once more then.
pub(crate) async fn watch(debug: &Target, build: String, begin: Instant, end: Instant) -> Seen {
    let mut looks = Vec::new();
    let mut next = begin;
    loop {
        tokio::time::sleep_until(next.into()).await;
        // A look that fails is missing in the plot.
        if let Ok(samples) = Samples::scrape(debug, LIMIT).await {
            looks.push((Instant::now(), samples));
        }
        if next >= end {
            return Seen { build, looks };
        }
        next = (next + INTERVAL).min(end).max(Instant::now());
    }
}

impl Seen {
    /// The run taken together.
    pub(crate) fn service(&self, due: u64) -> Option<Service> {
        let [(_, first), .., (_, last)] = self.looks.as_slice() else { return None };
        let between = |name| change(first, last, name);
        let processor = processor(first, last);
        let memory = |samples: &Samples| samples.get("process_resident_memory_bytes").unwrap_or_default();
        Some(Service {
            build: self.build.clone(),
            processors: processor / self.seconds(),
            processor_per_request: processor * 1000.0 / (due.max(1) as f64),
            memory: (memory(first), memory(last)),
            acquired: between("db_pool_acquired_total"),
            waited: between("db_pool_wait_seconds_total"),
            refused: between("db_pool_refused_total"),
        })
    }

    /// The run over time.
    pub(crate) fn moments(&self, begin: Instant) -> Vec<Moment> {
        let moment = |pair: &[Look]| {
            let [(before, old), (now, new)] = pair else { return None };
            let seconds = (*now - *before).as_secs_f64().max(f64::MIN_POSITIVE);
            let get = |name| new.get(name);
            let pool = || {
                let acquired = change(old, new, "db_pool_acquired_total");
                Some(Pool {
                    most: get("db_pool_connections_max")?,
                    busy: get("db_pool_connections")? - get("db_pool_connections_idle")?,
                    waiting: get("db_pool_waiting")?,
                    wait: change(old, new, "db_pool_wait_seconds_total") * 1000.0 / acquired.max(1.0),
                })
            };
            Some(Moment {
                at: now.saturating_duration_since(begin).as_secs_f64(),
                processors: processor(old, new) / seconds,
                memory: get("process_resident_memory_bytes").unwrap_or_default(),
                active_requests: get("http_server_active_requests").unwrap_or_default(),
                pool: pool(),
            })
        };
        self.looks.windows(2).filter_map(moment).collect()
    }

    fn seconds(&self) -> f64 {
        match self.looks.as_slice() {
            [(first, _), .., (last, _)] => (*last - *first).as_secs_f64().max(f64::MIN_POSITIVE),
            _ => 1.0,
        }
    }
}

/// Seconds of processor time; a program that tells only the counter of that name tells whole ones.
fn processor(old: &Samples, new: &Samples) -> f64 {
    let fine = "process_cpu_time_seconds";
    change(old, new, if new.get(fine).is_some() { fine } else { "process_cpu_seconds_total" })
}

/// How much a counter grew; one that shrank was begun anew.
fn change(old: &Samples, new: &Samples, name: &str) -> f64 {
    let (old, new) = (old.get(name).unwrap_or_default(), new.get(name).unwrap_or_default());
    if new >= old { new - old } else { new }
}
