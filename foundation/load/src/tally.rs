//! What came of the requests.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::exchange::Answer;
use crate::{Failure, Plan};

/// Failures that are kept one by one.
pub const FIRST_FAILURES: usize = 10;

/// How long after the window an answer still is in time: the last requests are due at its very end.
pub const GRACE: Duration = Duration::from_secs(1);

/// Widths of a slice, of which the first is taken that needs no more than [`MOST_SLICES`].
const WIDTHS: [u64; 10] = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000];
const MOST_SLICES: u128 = 60;

/// What came of a load. Requests of the warm-up are in none of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// How long requests were due that count; shorter than planned when it was stopped.
    pub window: Duration,
    /// From the first request to the last answer, the warm-up included.
    pub took: Duration,
    /// Requests that were due.
    pub due: u64,
    /// Due, and not sent: too many were unanswered.
    pub held_back: u64,
    /// Answered within the window or at most [`GRACE`] after it, whatever the answer.
    pub answered_in_time: u64,
    /// Answered with a status below 400.
    pub good: u64,
    /// What came of each that was sent.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// From when a request was due to the end of a good answer. One that timed out or was held back stands in it with
    /// the timeout: it would have taken at least as long. Other failures are in [`outcomes`](Self::outcomes) alone: how
    /// fast a request fails says nothing of how fast it is answered.
    pub latency: Latency,
    /// How late the generator itself was with sending.
    pub lag: Latency,
    /// The same for each route, in the order of the plan.
    pub routes: Vec<RouteTally>,
    /// The same over time.
    pub slices: Vec<Slice>,
    /// How long a slice is.
    pub width: Duration,
    /// The first failures, in the order in which they became known.
    pub first_failures: Vec<FailedAt>,
}

/// What came of one request that was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// An answer.
    Answered {
        /// Its status.
        status: u16,
        /// The type of its problem document, where it is one.
        problem: Option<String>,
    },
    /// No answer.
    Unanswered(Failure),
}

/// One route's part.
#[derive(Clone, Debug)]
pub struct RouteTally {
    /// What it is called.
    pub name: String,
    /// Requests that were due.
    pub due: u64,
    /// Answered with a status below 400.
    pub good: u64,
    /// As in [`Run::latency`].
    pub latency: Latency,
}

/// What came of the requests that were due in a piece of the window.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Requests that were due.
    pub due: u64,
    /// Not sent, unanswered, or answered with a status from 400 on.
    pub bad: u64,
    /// Answers that arrived in this piece, whenever their requests were due.
    pub answered: u64,
    /// Most requests unanswered at once.
    pub in_flight: u64,
    /// As in [`Run::latency`].
    pub latency: Latency,
}

/// One failure.
#[derive(Clone, Debug)]
pub struct FailedAt {
    /// When it was due, from the begin of the window.
    pub due: Duration,
    /// Of which route.
    pub route: String,
    /// What came of it.
    pub outcome: String,
}

/// Durations by how often they were met, to a part in a thousand (a part in a hundred within a [`Slice`]).
#[derive(Clone, Debug)]
pub struct Latency(Histogram<u64>);

impl Run {
    /// Due, and without a good answer.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.due - self.good
    }

    /// Answers in time, for each second of the window.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answered_in_time as f64 / self.window.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Outcome {
    /// Whether the answer is what was asked for.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Answered { status, .. } if *status < 400)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, problem: None } => write!(f, "{status}"),
            Self::Answered { status, problem: Some(problem) } => write!(f, "{status} {problem}"),
            Self::Unanswered(failure) => failure.fmt(f),
        }
    }
}

impl From<Result<Answer, Failure>> for Outcome {
    fn from(result: Result<Answer, Failure>) -> Self {
        match result {
            Ok(Answer { status, problem }) => Self::Answered { status: status.as_u16(), problem },
            Err(failure) => Self::Unanswered(failure),
        }
    }
}

impl Latency {
    #[expect(clippy::expect_used, reason = "a histogram takes 0 to 5 digits")]
    fn new(digits: u8) -> Self {
        Self(Histogram::new(digits).expect("a number of digits that is allowed"))
    }

    fn record(&mut self, duration: Duration) {
        // It grows as needed: there is no duration that it cannot take.
        let _ = self.0.record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration that this share of them kept, `0.0..=1.0`; zero when there is none.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(share))
    }

    /// The longest.
    #[must_use]
    pub fn most(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// How many were longer.
    #[must_use]
    pub fn above(&self, limit: Duration) -> u64 {
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        self.0.len() - self.0.count_between(0, limit)
    }
}

/// A run under way.
#[derive(Debug)]
pub(crate) struct Tally {
    run: Run,
    timeout: Duration,
}

/// A request that was due, by its place in the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) route: usize,
    /// From the begin of the window.
    pub(crate) at: Duration,
}

impl Tally {
    pub(crate) fn new(plan: &Plan) -> Self {
        let width = width(plan.duration);
        let slices = plan.duration.as_micros().div_ceil(width.as_micros());
        let slice = Slice { due: 0, bad: 0, answered: 0, in_flight: 0, latency: Latency::new(2) };
        let route = |name: &String| RouteTally { name: name.clone(), due: 0, good: 0, latency: Latency::new(3) };
        let run = Run {
            window: plan.duration,
            took: Duration::ZERO,
            due: 0,
            held_back: 0,
            answered_in_time: 0,
            good: 0,
            outcomes: BTreeMap::new(),
            latency: Latency::new(3),
            lag: Latency::new(3),
            routes: plan.routes.iter().map(|planned| route(&planned.name)).collect(),
            slices: vec![slice; usize::try_from(slices).unwrap_or(1)],
            width,
            first_failures: Vec::new(),
        };
        Self { run, timeout: plan.timeout }
    }

    /// A request is due.
    pub(crate) fn due(&mut self, due: Due, in_flight: u64) {
        self.run.due += 1;
        if let Some(route) = self.run.routes.get_mut(due.route) {
            route.due += 1;
        }
        if let Some(slice) = self.slice(due.at) {
            slice.due += 1;
            slice.in_flight = slice.in_flight.max(in_flight);
        }
    }

    /// It is not sent.
    pub(crate) fn held_back(&mut self, due: Due) {
        self.run.held_back += 1;
        self.bad(due, &"held back: too many unanswered");
        self.late(due, self.timeout);
    }

    /// It was sent `lag` after it was due, and this came of it `latency` after it was due.
    pub(crate) fn done(&mut self, due: Due, lag: Duration, latency: Duration, outcome: Outcome) {
        self.run.lag.record(lag);
        if let Outcome::Answered { .. } = outcome {
            let at = due.at + latency;
            self.run.answered_in_time += u64::from(at < self.run.window + GRACE);
            if let Some(slice) = self.slice(at) {
                slice.answered += 1;
            }
        }
        if outcome.is_good() {
            self.run.good += 1;
            if let Some(route) = self.run.routes.get_mut(due.route) {
                route.good += 1;
            }
            self.late(due, latency);
        } else {
            self.bad(due, &outcome);
            if outcome == Outcome::Unanswered(Failure::TIMEOUT) {
                self.late(due, self.timeout);
            }
        }
        *self.run.outcomes.entry(outcome).or_default() += 1;
    }

    /// The run; nothing was due any more after `window`, and the last answer came after `took`.
    pub(crate) fn finish(&self, window: Duration, took: Duration) -> Run {
        let mut run = self.run.clone();
        if window < run.window {
            let slices = window.as_micros().div_ceil(run.width.as_micros());
            run.slices.truncate(usize::try_from(slices).unwrap_or(usize::MAX).max(1));
            run.window = window;
        }
        run.took = took;
        run
    }

    fn late(&mut self, due: Due, latency: Duration) {
        self.run.latency.record(latency);
        if let Some(route) = self.run.routes.get_mut(due.route) {
            route.latency.record(latency);
        }
        if let Some(slice) = self.slice(due.at) {
            slice.latency.record(latency);
        }
    }

    fn bad(&mut self, due: Due, outcome: &dyn fmt::Display) {
        if let Some(slice) = self.slice(due.at) {
            slice.bad += 1;
        }
        if self.run.first_failures.len() < FIRST_FAILURES {
            let route = self.run.routes.get(due.route).map(|route| route.name.clone()).unwrap_or_default();
            self.run.first_failures.push(FailedAt { due: due.at, route, outcome: outcome.to_string() });
        }
    }

    fn slice(&mut self, at: Duration) -> Option<&mut Slice> {
        let index = at.as_micros() / self.run.width.as_micros().max(1);
        self.run.slices.get_mut(usize::try_from(index).ok()?)
    }
}

fn width(window: Duration) -> Duration {
    let fits = |width: &&u64| window.as_millis().div_ceil(u128::from(**width)) <= MOST_SLICES;
    let longest = window / MOST_SLICES as u32;
    WIDTHS.iter().find(fits).map_or(longest, |width| Duration::from_millis(*width))
}
