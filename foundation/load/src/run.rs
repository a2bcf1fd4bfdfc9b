//! The schedule, kept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connections::Connections;
use crate::exchange::exchange;
use crate::plan::Turns;
use crate::tally::{Due, Outcome, Tally};
use crate::{Error, Failure, Plan, Run};

/// The schedule looks this often whether it shall stop.
const LOOK: Duration = Duration::from_millis(50);

/// A run as it can be watched; the warm-up counts here too. Cheap to clone; clones see the same run.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    due: AtomicU64,
    good: AtomicU64,
    bad: AtomicU64,
    in_flight: AtomicU64,
}

impl Progress {
    /// Requests that were due so far.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.0.due.load(Ordering::Relaxed)
    }

    /// Answered with a status below 400.
    #[must_use]
    pub fn good(&self) -> u64 {
        self.0.good.load(Ordering::Relaxed)
    }

    /// Not sent, unanswered, or answered with a status from 400 on.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.0.bad.load(Ordering::Relaxed)
    }

    /// Unanswered at this moment.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.0.in_flight.load(Ordering::Relaxed)
    }
}

/// Runs a load from `begin` on until its end, or until `stop`; what is under way then is waited for.
///
/// # Errors
/// The plan makes no sense. That nobody answers is no error, but what is measured.
pub async fn run(plan: &Plan, begin: Instant, progress: &Progress, stop: &CancellationToken) -> Result<Run, Error> {
    plan.check()?;
    let load = Arc::new(Load::new(plan, begin, progress));
    let schedule = {
        let (load, stop, handle) = (Arc::clone(&load), stop.clone(), Handle::current());
        // A thread of its own: the timers of the runtime are as coarse as a millisecond, and wait for busy workers.
        tokio::task::spawn_blocking(move || schedule(&load, &stop, &handle))
    };
    let until = schedule.await.map_err(|_| Error::BrokenOff)?;
    load.tasks.close();
    load.tasks.wait().await;
    for connections in &load.connections {
        connections.close().await;
    }
    let window = until.saturating_sub(plan.warm_up);
    Ok(load.tally().finish(window, begin.elapsed()))
}

/// What the requests of a load share.
#[derive(Debug)]
struct Load {
    plan: Plan,
    begin: Instant,
    /// One for each target, with the routes that go there.
    connections: Vec<Connections>,
    connections_of: Vec<usize>,
    tally: Mutex<Tally>,
    progress: Progress,
    tasks: TaskTracker,
}

impl Load {
    fn new(plan: &Plan, begin: Instant, progress: &Progress) -> Self {
        let mut connections: Vec<Connections> = Vec::new();
        let mut connections_of = Vec::new();
        for route in &plan.routes {
            let known = connections.iter().position(|one| *one.target() == route.target);
            connections_of.push(known.unwrap_or(connections.len()));
            if known.is_none() {
                connections.push(Connections::new(route.target.clone(), !plan.fresh));
            }
        }
        Self {
            begin,
            connections,
            connections_of,
            tally: Mutex::new(Tally::new(plan)),
            progress: progress.clone(),
            tasks: TaskTracker::new(),
            plan: plan.clone(),
        }
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request with this number, due at `moment`, and counts what comes of it.
    async fn send(self: Arc<Self>, number: u64, route: usize, moment: Instant) {
        let began = Instant::now();
        let work = async {
            let request = self.plan.routes.get(route).and_then(|route| route.request(number));
            let connections = self.connections_of.get(route).and_then(|index| self.connections.get(*index));
            match (request, connections) {
                (Some(request), Some(connections)) => exchange(connections, request).await,
                _ => Err(Failure("the path is none, filled in".into())),
            }
        };
        let result = tokio::time::timeout_at((moment + self.plan.timeout).into(), work).await;
        let outcome = Outcome::from(result.unwrap_or(Err(Failure::TIMEOUT)));
        let (lag, latency) = (began.saturating_duration_since(moment), moment.elapsed());
        let counts = &self.progress.0;
        counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        if outcome.is_good() { &counts.good } else { &counts.bad }.fetch_add(1, Ordering::Relaxed);
        if let Some(due) = self.counted(route, moment) {
            self.tally().done(due, lag, latency, outcome);
        }
    }

    /// The request as it counts; `None` in the warm-up.
    fn counted(&self, route: usize, moment: Instant) -> Option<Due> {
        let at = moment.checked_duration_since(self.begin + self.plan.warm_up)?;
        Some(Due { route, at })
    }
}

/// Starts each request when it is due; answers until when.
fn schedule(load: &Arc<Load>, stop: &CancellationToken, handle: &Handle) -> Duration {
    let whole = load.plan.warm_up + load.plan.duration;
    let moments = load.plan.arrivals.moments(load.plan.rate).take_while(|at| *at < whole);
    let mut turns = Turns::new(&load.plan.routes);
    for (number, at) in (0_u64..).zip(moments) {
        if !wait_until(load.begin + at, stop) {
            return load.begin.elapsed().min(at);
        }
        start(load, number, turns.next(), load.begin + at, handle);
    }
    // The window ends when its time is over, not with the last request of it.
    if wait_until(load.begin + whole, stop) { whole } else { load.begin.elapsed().min(whole) }
}

fn start(load: &Arc<Load>, number: u64, route: usize, moment: Instant, handle: &Handle) {
    let counts = &load.progress.0;
    counts.due.fetch_add(1, Ordering::Relaxed);
    let in_flight = counts.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    let is_too_many = in_flight > load.plan.in_flight as u64;
    if let Some(due) = load.counted(route, moment) {
        let mut tally = load.tally();
        tally.due(due, in_flight);
        if is_too_many {
            tally.held_back(due);
        }
    }
    if is_too_many {
        counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        counts.bad.fetch_add(1, Ordering::Relaxed);
        return;
    }
    load.tasks.spawn_on(Arc::clone(load).send(number, route, moment), handle);
}

/// Answers false when it was told to stop before.
fn wait_until(moment: Instant, stop: &CancellationToken) -> bool {
    loop {
        if stop.is_cancelled() {
            return false;
        }
        match moment.checked_duration_since(Instant::now()) {
            None | Some(Duration::ZERO) => return true,
            Some(left) => thread::sleep(left.min(LOOK)),
        }
    }
}
