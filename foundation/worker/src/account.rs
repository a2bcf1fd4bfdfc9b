//! What a task holds of its worker, from its acceptance to its end, whichever that is.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::Error;
use crate::tally::Outcome;
use crate::worker::Shared;

/// A task that was accepted. Dropped with the task, it counts the outcome and gives back what the task held: no way to
/// end a task can forget it.
pub(crate) struct Account {
    pub(crate) shared: Arc<Shared>,
    outcome: Outcome,
    /// Held by a task that has begun.
    slot: Option<OwnedSemaphorePermit>,
    /// In the waiting room, or in a slot.
    _place: OwnedSemaphorePermit,
    /// The stop waits for it.
    _token: TaskTrackerToken,
}

impl Account {
    /// Accepts a task that has a place, unless the worker stops.
    pub(crate) fn open(shared: &Arc<Shared>, place: OwnedSemaphorePermit) -> Result<Self, Error> {
        let mut state = shared.state();
        if state.stopping {
            return Err(Error::Stopped { begun: false });
        }
        state.status.waiting += 1;
        // Under the lock: a stop that comes later waits for this task.
        let token = shared.tasks.token();
        drop(state);
        let shared = Arc::clone(shared);
        Ok(Self { shared, outcome: Outcome::Cancelled, slot: None, _place: place, _token: token })
    }

    /// The task begins, unless the worker stops.
    pub(crate) fn begin(&mut self, slot: OwnedSemaphorePermit) -> Result<(), Error> {
        let mut state = self.shared.state();
        if state.stopping {
            return Err(Error::Stopped { begun: false });
        }
        state.status.waiting -= 1;
        state.status.running += 1;
        drop(state);
        self.slot = Some(slot);
        Ok(())
    }

    /// How the task ended; one of which nobody says it was cancelled.
    pub(crate) fn end<T>(&mut self, ended: &Result<T, Error>) {
        self.outcome = Outcome::of(ended);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // A panic, of the task or of what it drops, comes through here on its way to the runtime, which catches it.
        let outcome = if std::thread::panicking() { Outcome::Panicked } else { self.outcome };
        let mut state = self.shared.state();
        if self.slot.is_some() {
            state.status.running -= 1;
        } else {
            state.status.waiting -= 1;
        }
        state.status.ended.count(outcome);
    }
}
