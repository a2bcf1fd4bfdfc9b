//! What became of the tasks, in numbers.

use crate::Error;

/// Accepted tasks that ended, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// They gave a value.
    pub finished: u64,
    /// They panicked.
    pub panicked: u64,
    /// They were not done by their deadline.
    pub overdue: u64,
    /// They were dropped for another reason: by their caller, by the stop, with their runtime.
    pub cancelled: u64,
}

/// A worker at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Accepted tasks that have not begun.
    pub waiting: usize,
    /// Tasks that hold a slot.
    pub running: usize,
    /// What became of the others, since the worker was made.
    pub ended: Tally,
}

/// What became of the tasks that a stop found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Those that ended.
    pub ended: Tally,
    /// Those that were told to end, and could not be dropped: they hold a thread and come to no `.await`.
    pub stuck: usize,
}

/// How one task ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Finished,
    Panicked,
    Overdue,
    Cancelled,
}

impl Outcome {
    pub(crate) fn of<T>(ended: &Result<T, Error>) -> Self {
        match ended {
            Ok(_) => Self::Finished,
            Err(Error::Panicked { .. }) => Self::Panicked,
            Err(Error::Overdue { .. }) => Self::Overdue,
            Err(Error::Full | Error::Stopped { .. } | Error::Cancelled) => Self::Cancelled,
        }
    }
}

impl Tally {
    /// The sum: as many tasks ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.finished + self.panicked + self.overdue + self.cancelled
    }

    pub(crate) fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Finished => &mut self.finished,
            Outcome::Panicked => &mut self.panicked,
            Outcome::Overdue => &mut self.overdue,
            Outcome::Cancelled => &mut self.cancelled,
        } += 1;
    }

    /// What came on top of an earlier tally of the same worker.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            finished: self.finished - earlier.finished,
            panicked: self.panicked - earlier.panicked,
            overdue: self.overdue - earlier.overdue,
            cancelled: self.cancelled - earlier.cancelled,
        }
    }
}
