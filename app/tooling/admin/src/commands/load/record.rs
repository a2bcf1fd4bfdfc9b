//! A run as it is kept, compared and shown.

use std::time::Duration;

use load::{Latency, Run};
use serde::{Deserialize, Serialize};

use super::monitor::{Moment, Service};

/// Everything that is known of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When it began (RFC 3339).
    pub(crate) at: String,
    pub(crate) parameters: Parameters,
    pub(crate) goals: Vec<Goal>,
    /// The goal for p99, in milliseconds.
    pub(crate) p99_goal: Option<f64>,
    /// Whether all goals were met.
    pub(crate) met: bool,
    /// Whether it was stopped before its time.
    pub(crate) ended_early: bool,
    /// How long requests were due, in seconds.
    pub(crate) seconds: f64,
    pub(crate) due: u64,
    pub(crate) good: u64,
    pub(crate) held_back: u64,
    /// Answers a second.
    pub(crate) rate: f64,
    pub(crate) outcomes: Vec<Count>,
    pub(crate) latency: Quantiles,
    pub(crate) routes: Vec<Route>,
    pub(crate) first_failures: Vec<FailedAt>,
    pub(crate) generator: Generator,
    /// `None` without a debug listener.
    pub(crate) service: Option<Service>,
    /// Over time, in slices of `width` seconds.
    pub(crate) width: f64,
    pub(crate) slices: Vec<Slice>,
    pub(crate) moments: Vec<Moment>,
    /// Shares, and the milliseconds that they kept.
    pub(crate) curve: Vec<(f64, f64)>,
}

/// What two runs must have in common to be compared as equals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    pub(crate) url: String,
    pub(crate) routes: Vec<String>,
    pub(crate) rate: f64,
    pub(crate) seconds: f64,
    pub(crate) warm_up: f64,
    pub(crate) poisson: bool,
    pub(crate) fresh: bool,
    pub(crate) timeout: f64,
    pub(crate) in_flight: u32,
    /// Bytes of the body.
    pub(crate) body: usize,
}

/// One goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) name: String,
    pub(crate) wanted: String,
    pub(crate) found: String,
    pub(crate) met: bool,
}

/// Requests of one outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) outcome: String,
    pub(crate) count: u64,
    pub(crate) good: bool,
}

/// Milliseconds from when requests were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) most: f64,
}

/// One route.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) due: u64,
    pub(crate) good: u64,
    pub(crate) latency: Quantiles,
}

/// One failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FailedAt {
    /// Seconds from the begin of the window.
    pub(crate) due: f64,
    pub(crate) route: String,
    pub(crate) outcome: String,
}

/// The generator itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Generator {
    /// How late it sent what was due.
    pub(crate) lag: Quantiles,
    /// Processors it kept busy.
    pub(crate) processors: f64,
}

/// A piece of the window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// Seconds from the begin of the window to the middle of the piece.
    pub(crate) at: f64,
    /// A second.
    pub(crate) due: f64,
    pub(crate) answered: f64,
    pub(crate) bad: f64,
    pub(crate) in_flight: u64,
    /// `None` when nothing was answered that was due then.
    pub(crate) latency: Option<Quantiles>,
}

impl Quantiles {
    pub(crate) fn of(latency: &Latency) -> Self {
        let at = |share| milliseconds(latency.at(share));
        let most = milliseconds(latency.most());
        Self { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), most }
    }
}

pub(crate) fn outcomes(run: &Run) -> Vec<Count> {
    let count = |(outcome, count): (&load::Outcome, &u64)| Count {
        outcome: outcome.to_string(),
        count: *count,
        good: outcome.is_good(),
    };
    let mut outcomes: Vec<_> = run.outcomes.iter().map(count).collect();
    if run.held_back > 0 {
        outcomes.push(Count { outcome: "held back: not sent".to_owned(), count: run.held_back, good: false });
    }
    outcomes.sort_by_key(|one| std::cmp::Reverse(one.count));
    outcomes
}

pub(crate) fn routes(run: &Run) -> Vec<Route> {
    let route = |route: &load::RouteTally| Route {
        name: route.name.clone(),
        due: route.due,
        good: route.good,
        latency: Quantiles::of(&route.latency),
    };
    run.routes.iter().map(route).collect()
}

pub(crate) fn first_failures(run: &Run) -> Vec<FailedAt> {
    let failed = |failed: &load::FailedAt| FailedAt {
        due: failed.due.as_secs_f64(),
        route: failed.route.clone(),
        outcome: failed.outcome.clone(),
    };
    run.first_failures.iter().map(failed).collect()
}

pub(crate) fn slices(run: &Run) -> Vec<Slice> {
    let (width, window) = (run.width.as_secs_f64(), run.window.as_secs_f64());
    let slice = |(index, slice): (usize, &load::Slice)| {
        let begin = index as f64 * width;
        // The last piece may be cut short.
        let length = width.min(window - begin).max(f64::MIN_POSITIVE);
        Slice {
            at: begin + length / 2.0,
            due: slice.due as f64 / length,
            answered: slice.answered as f64 / length,
            bad: slice.bad as f64 / length,
            in_flight: slice.in_flight,
            latency: (slice.latency.count() > 0).then(|| Quantiles::of(&slice.latency)),
        }
    };
    run.slices.iter().enumerate().map(slice).collect()
}

/// The curve of latencies, up to the share of which there is more than one request.
pub(crate) fn curve(latency: &Latency) -> Vec<(f64, f64)> {
    /// Points for each further nine.
    const STEPS: u32 = 8;
    let count = latency.count() as f64;
    let exponents = (0..).map(|step| f64::from(step) / f64::from(STEPS));
    let rare = exponents.map(|exponent| 10_f64.powf(-exponent)).take_while(|rare| rare * count >= 1.0);
    rare.map(|rare| (1.0 - rare, milliseconds(latency.at(1.0 - rare)))).collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
