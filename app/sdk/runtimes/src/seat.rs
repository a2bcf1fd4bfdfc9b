//! A thread, and what it polls.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;

use crate::histogram::Histogram;
use crate::{Runtimes, SLOW, Shared, lock};

/// Something that has a name when it blocks a thread.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Work {
    /// A request.
    Request {
        /// Its method.
        method: &'static str,
        /// The template of its path.
        route: &'static str,
    },
    /// A task.
    Task {
        /// Its name.
        name: &'static str,
    },
}

/// A thread that polls work.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) thread: String,
    pub(crate) at: Mutex<Option<At>>,
    pub(crate) polls: Histogram,
}

/// What a thread polls now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) work: Work,
    pub(crate) since: Instant,
    /// Whether the watchdog has told of it.
    pub(crate) told: bool,
}

/// A thread's seat, which is given back when the thread ends.
struct Taken {
    seat: Arc<Seat>,
    runtimes: Weak<Shared>,
}

thread_local! {
    static SEAT: RefCell<Option<Taken>> = const { RefCell::new(None) };
}

pin_project! {
    /// A future whose polls are timed; see [`watched`].
    #[derive(Debug)]
    pub struct Watched<F> {
        #[pin]
        inner: F,
        work: Work,
        runtimes: Option<Runtimes>,
    }
}

/// Times the polls of `inner`, on threads that are known, or become so to `runtimes`.
pub fn watched<F: Future>(work: Work, runtimes: Option<&Runtimes>, inner: F) -> Watched<F> {
    Watched { inner, work, runtimes: runtimes.cloned() }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _polling = enter(*this.work, this.runtimes.as_ref());
        this.inner.poll(context)
    }
}

/// A poll under way. Its end is its drop, also where the poll panics.
struct Polling {
    seat: Arc<Seat>,
    runtimes: Weak<Shared>,
    work: Work,
    since: Instant,
    /// What the thread polled before: polls are nested where one future polls another.
    before: Option<At>,
}

fn enter(work: Work, runtimes: Option<&Runtimes>) -> Option<Polling> {
    if let Some(runtimes) = runtimes {
        take(std::thread::current().name().unwrap_or("?"), runtimes, false);
    }
    let (seat, runtimes) = SEAT
        .try_with(|taken| taken.borrow().as_ref().map(|taken| (Arc::clone(&taken.seat), Weak::clone(&taken.runtimes))))
        .ok()
        .flatten()?;
    let since = Instant::now();
    let before = lock(&seat.at).replace(At { work, since, told: false });
    Some(Polling { seat, runtimes, work, since, before })
}

impl Drop for Polling {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        *lock(&self.seat.at) = self.before;
        if self.before.is_some() {
            // The one around it is told of.
            return;
        }
        self.seat.polls.record(took);
        if took >= SLOW
            && let Some(shared) = self.runtimes.upgrade()
        {
            Runtimes(shared).slow(self.work, took, &self.seat.thread);
        }
    }
}

/// Gives the current thread a seat, unless it has one; `anew` gives it another one.
pub(crate) fn take(thread: &str, runtimes: &Runtimes, anew: bool) -> Option<Arc<Seat>> {
    let taken = SEAT.try_with(|taken| {
        let mut taken = taken.borrow_mut();
        let is_ours = |taken: &Taken| Weak::ptr_eq(&taken.runtimes, &Arc::downgrade(&runtimes.0));
        if !anew && let Some(taken) = taken.as_ref().filter(|taken| is_ours(taken)) {
            return Arc::clone(&taken.seat);
        }
        let seat = Arc::new(Seat { thread: thread.to_owned(), at: Mutex::default(), polls: Histogram::default() });
        lock(&runtimes.0.seats).push(Arc::clone(&seat));
        *taken = Some(Taken { seat: Arc::clone(&seat), runtimes: Arc::downgrade(&runtimes.0) });
        seat
    });
    taken.ok()
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(shared) = self.runtimes.upgrade() {
            Runtimes(shared).leave(&self.seat);
        }
    }
}

impl Work {
    /// Counts a slow poll.
    pub(crate) fn count(self) {
        match self {
            Self::Request { method, route } => {
                metrics::counter!(crate::export::SLOW_REQUESTS, "method" => method, "route" => route).increment(1);
            }
            Self::Task { name } => metrics::counter!(crate::export::SLOW_TASKS, "task" => name).increment(1),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, route } => write!(f, "{method} {route}"),
            Self::Task { name } => write!(f, "task {name}"),
        }
    }
}
