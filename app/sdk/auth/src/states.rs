//! What the database says of users in their sessions, believed for a while.
//!
//! Who stays connected asks again and again: 19,000 listeners would be thousands of statements a second. What is asked while the
//! database answers waits for the answer, and is then asked with one statement.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apierror::ApiError;
use sqldb::Db;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument as _, Span};
use types::{Roles, SessionId, UserId};

/// The most states that one statement asks for.
const BATCH: usize = 1_000;

/// Statements at once. With one, a single connection that hangs would keep everybody waiting.
const AT_ONCE: usize = 4;

/// How long others are waited for where more ask than that.
const GATHERED: Duration = Duration::from_millis(10);

/// How long the statements for one answer may take, so that it is no older than this when it begins to be believed.
const LOOK_UP: Duration = Duration::from_secs(2);

/// How long a request waits for its answer, its turn included, if it has so long itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// When a client should come back whose state the database did not tell.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A user, in one of their sessions or in none.
type Asked = (UserId, Option<SessionId>);

/// What the database said of a user in a session.
#[derive(Clone, Copy)]
pub(crate) enum State {
    /// Gone, disabled or not activated.
    NoUser,
    /// The session has ended.
    NoSession,
    /// They may use what they got when they signed in.
    Good(Roles),
}

/// The states of users in their sessions.
pub(crate) struct States {
    believed: moka::future::Cache<Asked, State>,
    queue: Arc<Queue>,
}

/// Who waits for the database.
struct Queue {
    users: userbus::Business,
    sessions: sessionbus::Business,
    line: Mutex<Line>,
    /// Of whoever began: a thread of requests may be held up by one of them, and ends before the others.
    runtime: Option<Handle>,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// Workers that are under way.
    workers: usize,
    /// Whether one of them waits for others to ask.
    is_gathering: bool,
}

struct Waiting {
    asked: Asked,
    answer: oneshot::Sender<Result<State, Arc<LookUpError>>>,
    /// Of the request that asks.
    span: Span,
}

/// Asks the database as long as somebody waits.
struct Worker {
    queue: Arc<Queue>,
    /// Whether it is among the line's workers.
    is_counted: bool,
    /// Whether it is the one who waits for others.
    is_gathering: bool,
}

/// What the database has of some users and sessions.
struct Found {
    /// Of those who may sign in.
    roles: HashMap<UserId, Roles>,
    live: HashSet<SessionId>,
}

/// Why a state is not known.
#[derive(Debug, thiserror::Error)]
enum LookUpError {
    #[error("the user could not be looked up")]
    User(#[from] userbus::Error),
    #[error("the session could not be looked up")]
    Session(#[from] sessionbus::Error),
    #[error("the look-up was cut off")]
    CutOff,
}

impl States {
    /// The states of `users`, whose sessions are kept in `db`; of at most so many users.
    pub(crate) fn new(users: userbus::Business, db: &Db, most: u64, lifetime: Duration) -> Self {
        let sessions = sessionbus::Business::new(db.clone());
        let believed = moka::future::Cache::builder().max_capacity(most).time_to_live(lifetime).build();
        Self {
            believed,
            queue: Arc::new(Queue { users, sessions, line: Mutex::default(), runtime: Handle::try_current().ok() }),
        }
    }

    /// The state of a user in a session. Of many requests at once of one session, one asks the database.
    ///
    /// # Errors
    /// 503 when the database does not answer.
    pub(crate) async fn of(&self, user_id: UserId, session_id: Option<SessionId>) -> Result<State, ApiError> {
        let asked = (user_id, session_id);
        let state = self.believed.try_get_with(asked, self.queue.ask(asked)).await;
        state.map_err(|error| match error.may_pass() {
            true => ApiError::unavailable(RETRY_AFTER).with_cause(error),
            false => ApiError::internal(error),
        })
    }
}

impl Queue {
    async fn ask(self: &Arc<Self>, asked: Asked) -> Result<State, Arc<LookUpError>> {
        let (answer, answered) = oneshot::channel();
        let is_worker_missing = {
            let mut line = self.line();
            line.waiting.push(Waiting { asked, answer, span: Span::current() });
            let is_missing = line.workers < AT_ONCE && !line.is_gathering;
            line.workers += usize::from(is_missing);
            is_missing
        };
        if is_worker_missing {
            // Not within the request: who asks may leave, and others wait.
            let runtime = self.runtime.clone().unwrap_or_else(Handle::current);
            runtime.spawn(Worker { queue: Arc::clone(self), is_counted: true, is_gathering: false }.work());
        }
        match timeout_at(sqldb::from_now(PATIENCE), answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(Arc::new(LookUpError::CutOff)),
        }
    }

    /// What the database says of these.
    async fn look_up(&self, batch: &[Waiting]) -> Result<Found, LookUpError> {
        let user_ids: HashSet<UserId> = batch.iter().map(|waiting| waiting.asked.0).collect();
        let users = self.users.query_by_ids(&Vec::from_iter(user_ids)).await?;
        let roles: HashMap<UserId, Roles> =
            users.into_iter().filter(userbus::User::may_sign_in).map(|user| (user.id, user.roles)).collect();
        let session_ids = batch.iter().filter(|waiting| roles.contains_key(&waiting.asked.0));
        let session_ids: Vec<SessionId> = session_ids.filter_map(|waiting| waiting.asked.1).collect();
        let live = match session_ids.is_empty() {
            true => HashSet::new(),
            false => self.sessions.live_of(&session_ids).await?,
        };
        Ok(Found { roles, live })
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    fn state_of(&self, (user_id, session_id): Asked) -> State {
        match self.roles.get(&user_id) {
            None => State::NoUser,
            Some(_) if session_id.is_some_and(|session_id| !self.live.contains(&session_id)) => State::NoSession,
            Some(roles) => State::Good(*roles),
        }
    }
}

impl Worker {
    async fn work(mut self) {
        loop {
            let batch = self.take();
            // Another worker may have been faster.
            if let Some(first) = batch.first() {
                // The statements belong to the first who asked; for one request alone all of them do.
                let span = first.span.clone();
                let look_up = self.queue.look_up(&batch).instrument(span);
                match sqldb::within(Instant::now() + LOOK_UP, look_up).await {
                    Ok(found) => answer(batch, |asked| Ok(found.state_of(asked))),
                    Err(error) => {
                        let error = Arc::new(error);
                        answer(batch, |_| Err(Arc::clone(&error)));
                    }
                }
            }
            if !self.goes_on() {
                return;
            }
            sleep(GATHERED).await;
        }
    }

    /// Those who have waited longest.
    fn take(&mut self) -> Vec<Waiting> {
        let mut line = self.queue.line();
        if mem::take(&mut self.is_gathering) {
            line.is_gathering = false;
        }
        // Who has left needs no answer; while the database stalls, those who try again would be many.
        line.waiting.retain(|waiting| !waiting.answer.is_closed());
        let count = line.waiting.len().min(BATCH);
        line.waiting.drain(..count).collect()
    }

    /// Whether somebody waits whom no other worker will see to; else it is done.
    fn goes_on(&mut self) -> bool {
        let mut line = self.queue.line();
        let is_needed = !line.waiting.is_empty() && !line.is_gathering;
        match is_needed {
            true => line.is_gathering = true,
            false => line.workers -= 1,
        }
        (self.is_counted, self.is_gathering) = (is_needed, is_needed);
        is_needed
    }
}

fn answer(batch: Vec<Waiting>, outcome: impl Fn(Asked) -> Result<State, Arc<LookUpError>>) {
    for waiting in batch {
        // Who left does not hear it.
        let _ = waiting.answer.send(outcome(waiting.asked));
    }
}

impl Drop for Worker {
    /// Dropped midway, by a fault or with its runtime: nobody shall wait for one that is gone.
    fn drop(&mut self) {
        if self.is_counted {
            let mut line = self.queue.line();
            line.workers -= 1;
            line.is_gathering &= !self.is_gathering;
            if line.workers == 0 {
                line.waiting.clear();
            }
        }
    }
}

impl LookUpError {
    /// Whether the database may answer the next time.
    fn may_pass(&self) -> bool {
        let (Self::User(userbus::Error::Store(error)) | Self::Session(sessionbus::Error::Store(error))) = self else {
            return matches!(self, Self::CutOff);
        };
        matches!(
            error,
            sqldb::Error::Unavailable { .. } | sqldb::Error::DeadlineExceeded | sqldb::Error::Conflict { .. }
        )
    }
}
