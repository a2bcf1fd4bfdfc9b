//! Slots, a waiting room, a stop.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account::Account;
use crate::task::Leashed;
use crate::turn::Turn;
use crate::{Error, Report, Status, Task};

/// How long a stop waits for the tasks that it told to end.
pub const LET_GO: Duration = Duration::from_secs(1);

/// How many tasks a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most tasks that run at once.
    pub running: NonZeroUsize,
    /// The most accepted tasks that wait for a slot; 0: a task is accepted only if a slot is free.
    pub waiting: usize,
}

/// Runs tasks, never more than [`Limits::running`] at once.
///
/// Cheap to clone; clones share slots, waiting room and stop. When the last clone is dropped, accepted tasks go on: call
/// [`Worker::stop`] to end them.
#[derive(Clone)]
pub struct Worker {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

/// What the clones of a worker and its tasks share.
pub(crate) struct Shared {
    runtime: Handle,
    /// One for each task that runs.
    slots: Arc<Semaphore>,
    /// One for each task that runs or waits.
    places: Arc<Semaphore>,
    state: Mutex<State>,
    /// Cancelled when the grace of a stop is over.
    cut: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) stopping: bool,
    pub(crate) status: Status,
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// A worker whose tasks run on `runtime`, whichever thread they are submitted from; its timers must be enabled.
    #[must_use]
    pub fn new(limits: Limits, runtime: Handle) -> Self {
        // More than the semaphore counts to, nobody can start either.
        let running = limits.running.get().min(Semaphore::MAX_PERMITS);
        let places = running.saturating_add(limits.waiting).min(Semaphore::MAX_PERMITS);
        let shared = Shared {
            runtime,
            slots: Arc::new(Semaphore::new(running)),
            places: Arc::new(Semaphore::new(places)),
            state: Mutex::default(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared), deadline: None }
    }

    /// The same worker, for tasks that have to be done by `deadline`, or by the one that this worker already has if that
    /// is earlier.
    ///
    /// All waiting counts: outside of the room, in it, and within the task. A task that is not done is dropped, and its
    /// caller has [`Error::Overdue`]; one that has not begun by then never does. A task that runs is dropped a
    /// millisecond later at most, or at its next `.await`.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        let earlier = self.deadline.map_or(deadline, |known| known.min(deadline));
        Self { shared: Arc::clone(&self.shared), deadline: Some(earlier) }
    }

    /// [`Worker::until`] this long from now; a time beyond what the clock can say is no deadline.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Instant::now().checked_add(time).map_or_else(|| self.clone(), |deadline| self.until(deadline))
    }

    /// Runs a task in its caller's time: waits for room, for a slot, for its value. If this future is dropped, so is the
    /// task, at its next `.await`; its slot is free then.
    ///
    /// # Errors
    /// There is no value: the task panicked, was overdue, or the worker stopped.
    ///
    /// # Panics
    /// When it has a deadline, and is awaited outside of a runtime with timers.
    pub fn run<F>(&self, future: F) -> impl Future<Output = Result<F::Output, Error>> + Send + use<F>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let spawn = self.spawn(future);
        async move {
            let mut task = Leashed(spawn.await?);
            (&mut task.0).await
        }
    }

    /// Starts a task that goes on without its caller, once there is room for it. If this future is dropped before that,
    /// nothing of the task has happened.
    ///
    /// # Errors
    /// The worker stopped, or the deadline passed, before there was room.
    ///
    /// # Panics
    /// When it has a deadline, and is awaited outside of a runtime with timers.
    pub fn spawn<F>(&self, future: F) -> impl Future<Output = Result<Task<F::Output>, Error>> + Send + use<F>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        // A clone: `worker.within(..).spawn(..)` can be kept, and sent to where it is awaited.
        let worker = self.clone();
        async move {
            let room = Arc::clone(&worker.shared.places).acquire_owned();
            let place = match worker.deadline {
                Some(deadline) => timeout_at(deadline, room).await.map_err(|_| Error::Overdue { begun: false })?,
                None => room.await,
            };
            worker.accept(place.map_err(|_| Error::Stopped { begun: false })?, future)
        }
    }

    /// Starts a task that goes on without its caller, if there is room for it.
    ///
    /// # Errors
    /// [`Error::Full`]; or the worker stopped. Nothing of the task has happened then.
    pub fn try_spawn<F>(&self, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let place = Arc::clone(&self.shared.places).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => Error::Full,
            TryAcquireError::Closed => Error::Stopped { begun: false },
        })?;
        self.accept(place, future)
    }

    /// Stops in order, and says what became of the tasks that were there:
    ///
    /// 1. no task is taken any more, and callers who wait for room are told so;
    /// 2. tasks that have not begun are cancelled;
    /// 3. those that run have `grace` to end;
    /// 4. what then still runs is told to end, and waited for: [`LET_GO`] at most.
    ///
    /// Of several calls, the one whose grace is over first ends what runs for all of them. If this future is
    /// dropped, the worker takes nothing any more, and what runs goes on.
    ///
    /// # Panics
    /// Outside of a runtime with timers.
    pub async fn stop(&self, grace: Duration) -> Report {
        let before = {
            let mut state = self.shared.state();
            state.stopping = true;
            state.status.ended
        };
        self.shared.places.close();
        self.shared.slots.close();
        self.shared.tasks.close();
        if timeout(grace, self.shared.tasks.wait()).await.is_err() {
            self.shared.cut.cancel();
            // What does not end by then is reported.
            let _ = timeout(LET_GO, self.shared.tasks.wait()).await;
        }
        let status = self.status();
        Report { ended: status.ended.since(&before), stuck: status.waiting + status.running }
    }

    /// The worker at this moment.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.state().status
    }

    fn accept<F>(&self, place: OwnedSemaphorePermit, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let account = Account::open(&self.shared, place)?;
        let turn = Turn::take(&self.shared.slots);
        // No bare task: the stop waits for the account, which counts a panic, and the `Task` makes an error of it.
        Ok(Task::new(self.shared.runtime.spawn(work(future, turn, self.deadline, account))))
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("deadline", &self.deadline)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// A task from its acceptance to its end. The account is dropped last, so that a slot is free when its task is gone: what
/// was never polled drops its arguments in their order, and after that the future lies further in.
async fn work<F: Future>(
    future: F,
    turn: Turn,
    deadline: Option<Instant>,
    mut account: Account,
) -> Result<F::Output, Error> {
    let ended = waited_and_run(&mut account, turn, deadline, future).await;
    account.end(&ended);
    ended
}

async fn waited_and_run<F: Future>(
    account: &mut Account,
    turn: Turn,
    deadline: Option<Instant>,
    future: F,
) -> Result<F::Output, Error> {
    let cut = account.shared.cut.clone();
    let mut ending = pin!(ending(&cut, deadline));
    let slot = tokio::select! {
        biased;
        ending = &mut ending => return Err(ending.error(false)),
        slot = turn.come() => slot.map_err(|_| Error::Stopped { begun: false })?,
    };
    // The timer is as coarse as a millisecond; the clock is not.
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(Ending::Overdue.error(false));
    }
    account.begin(slot)?;
    // The end is asked first: what is over its deadline does nothing more, even if it could.
    tokio::select! {
        biased;
        ending = &mut ending => Err(ending.error(true)),
        value = future => Ok(value),
    }
}

/// Why a task may not go on.
#[derive(Clone, Copy)]
enum Ending {
    Cut,
    Overdue,
}

impl Ending {
    fn error(self, begun: bool) -> Error {
        match self {
            Self::Cut => Error::Stopped { begun },
            Self::Overdue => Error::Overdue { begun },
        }
    }
}

/// Waits until a task may not go on: for its whole life, if nothing ends it.
async fn ending(cut: &CancellationToken, deadline: Option<Instant>) -> Ending {
    let Some(deadline) = deadline else {
        cut.cancelled().await;
        return Ending::Cut;
    };
    tokio::select! {
        biased;
        () = sleep_until(deadline) => Ending::Overdue,
        () = cut.cancelled() => Ending::Cut,
    }
}
