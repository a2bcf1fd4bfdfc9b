//! What the runtimes of the process are doing, with the name of whoever blocks one.
//!
//! A service has a runtime on several threads for its own work, and one for each thread that serves requests. A handler that computes
//! or waits without `await` holds up all that its thread has to do besides; it is found in three ways:
//!
//! - [`watched`] times each poll of a request or task. One that takes [`SLOW`] or longer is logged with its name, counted, and
//!   listed in the [`Report`].
//! - The watchdog ([`Runtimes::watch`]), on a thread of its own, names what has held a worker for [`STUCK`] and still does.
//! - tokio's own figures, of each runtime and each worker: in the [`Report`], and as metrics.
//!
//! What tokio counts beyond its stable figures is there when it is built with `--cfg tokio_unstable`.

mod export;
mod figures;
mod histogram;
mod report;
mod seat;
mod watchdog;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

pub use crate::export::POLL_DURATION;
pub use crate::figures::count_polls;
pub use crate::histogram::BOUNDS;
pub use crate::report::{Blocked, Blocking, Polls, Report, Runtime, Slow, Worker};
pub use crate::seat::{Watched, Work, watched};

use crate::figures::Sample;
use crate::seat::Seat;

/// A poll that takes so long holds up what else its worker has to do.
pub const SLOW: Duration = Duration::from_millis(100);

/// A poll that takes so long may never end.
pub const STUCK: Duration = Duration::from_secs(1);

/// The runtimes of a process.
#[derive(Clone, Debug)]
pub struct Runtimes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    members: Mutex<Vec<Arc<Member>>>,
    /// Threads that polled work which is watched.
    seats: Mutex<Vec<Arc<Seat>>>,
    slow: Mutex<BTreeMap<Work, Slowness>>,
    /// What is in the histogram of polls already, by runtime and bucket.
    recorded: Mutex<BTreeMap<(String, usize), u64>>,
}

/// A runtime.
#[derive(Debug)]
struct Member {
    name: &'static str,
    /// Among those of its name.
    number: usize,
    handle: Handle,
    /// The thread of a runtime that has one.
    seat: OnceLock<Arc<Seat>>,
    /// What the last two looks of the watchdog saw.
    samples: Mutex<(Option<Sample>, Option<Sample>)>,
}

/// The slow polls of one work.
#[derive(Clone, Copy, Debug)]
struct Slowness {
    polls: u64,
    longest: Duration,
    last: Instant,
}

impl Runtimes {
    /// The current runtime, under this name.
    pub fn of_current(name: &'static str) -> Self {
        let runtimes = Self(Arc::default());
        runtimes.add(name);
        runtimes
    }

    /// Adds the current runtime, which has no other thread than the current one. It is forgotten when the thread ends.
    pub fn add_current_thread(&self, name: &'static str) {
        let member = self.add(name);
        if let Some(seat) = seat::take(&member.title(name), self, true) {
            // Nobody else has this member yet.
            let _ = member.seat.set(seat);
        }
    }

    /// Starts the watchdog. It ends with the last clone of this.
    pub fn watch(&self) {
        watchdog::start(Arc::downgrade(&self.0));
    }

    /// What all of them are doing now.
    pub fn report(&self) -> Report {
        report::of(self)
    }

    /// Brings the metrics of all of them up to date.
    pub fn export(&self) {
        export::export(self);
    }

    fn add(&self, name: &'static str) -> Arc<Member> {
        let mut members = lock(&self.0.members);
        let number = members.iter().filter(|member| member.name == name).map(|member| member.number + 1).max();
        let (number, handle) = (number.unwrap_or(0), Handle::current());
        let member = Arc::new(Member { name, number, handle, seat: OnceLock::new(), samples: Mutex::default() });
        members.push(Arc::clone(&member));
        member
    }

    fn members(&self) -> Vec<Arc<Member>> {
        lock(&self.0.members).clone()
    }

    fn seats(&self) -> Vec<Arc<Seat>> {
        lock(&self.0.seats).clone()
    }

    /// A poll took too long. Told here, in the span of the work.
    fn slow(&self, work: Work, took: Duration, thread: &str) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(took_ms, thread, %work, "a poll blocked its thread");
        work.count();
        let mut slow = lock(&self.0.slow);
        let known = slow.entry(work).or_insert(Slowness { polls: 0, longest: took, last: Instant::now() });
        known.polls += 1;
        known.longest = known.longest.max(took);
        known.last = Instant::now();
    }

    /// The thread of a seat has ended.
    fn leave(&self, seat: &Arc<Seat>) {
        lock(&self.0.seats).retain(|known| !Arc::ptr_eq(known, seat));
        lock(&self.0.members).retain(|member| !member.seat.get().is_some_and(|known| Arc::ptr_eq(known, seat)));
    }
}

impl Member {
    /// The name, with the number where there may be several.
    fn label(&self) -> String {
        if self.seat.get().is_some() { self.title(self.name) } else { self.name.to_owned() }
    }

    fn title(&self, name: &str) -> String {
        format!("{name} {}", self.number)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
