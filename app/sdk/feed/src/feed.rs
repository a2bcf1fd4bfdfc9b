//! The feed of a process.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::{Follower, Source, Told};
use metrics::{counter, histogram};
use settings::Live;
use sqldb::Db;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::item::{Entity, Item, Key};
use crate::outbox::Outbox;
use crate::seat::{Attached, Kind, Seat, Who};
use crate::state::State;

/// Events that are read at once for somebody who was away.
const BATCH: u32 = 200;

/// How many of those who were away are read for at once: the requests of everybody need the database, too.
const READERS: usize = 2;

/// The feed of a process. Cheap to clone; its clones are one.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    db: Db,
    entities: &'static [Entity],
    live: Live,
    state: Mutex<State>,
    readers: Semaphore,
    connections: TaskTracker,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The process has as many connections as it may have.
    #[error("the service has as many live connections as it may have")]
    Process,
    /// The user has.
    #[error("the user has as many live connections as one may have")]
    User,
    /// Their address has.
    #[error("the address has as many live connections as one may have")]
    Address,
    /// The topic has as many subscribers as it may have.
    #[error("the topic has as many subscribers as it may have")]
    Topic,
    /// The feed has not begun: the database was not there yet.
    #[error("the live feed has not begun yet")]
    Starting,
    /// The process is about to stop.
    #[error("the service is about to stop")]
    Draining,
}

/// What somebody missed, as far as it was read.
#[derive(Debug)]
pub struct Behind {
    /// What concerns them.
    pub items: Vec<Item>,
    /// The position up to which all was read.
    pub position: i64,
}

impl Refused {
    fn reason(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::User => "user",
            Self::Address => "address",
            Self::Topic => "topic",
            Self::Starting => "starting",
            Self::Draining => "draining",
        }
    }
}

impl Feed {
    /// A feed of these entities that has not begun. `db` is asked for what memory does not have.
    pub fn new(db: Db, entities: &'static [Entity], live: Live) -> Self {
        let (state, readers) = (Mutex::new(State::default()), Semaphore::new(READERS));
        Self(Arc::new(Inner { db, entities, live, state, readers, connections: TaskTracker::new() }))
    }

    /// What it is limited by.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Hands out what the follower tells, until it is dropped.
    pub async fn run(&self, follower: Follower) {
        follower.run(|told| self.tell(told)).await;
    }

    /// A place for somebody.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn enter(&self, who: Who, kind: Kind) -> Result<Seat, Refused> {
        let (seat_id, outbox) = self.state().enter(who, kind, &self.0.live).inspect_err(refuse)?;
        Ok(self.seat(seat_id, who, kind, outbox))
    }

    /// Where an event is in the order; `None` when it is not known any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn locate(&self, event_id: Uuid) -> Result<Option<i64>, sqldb::Error> {
        let known = self.state().position_of(event_id);
        match known {
            Some(position) => Ok(Some(position)),
            None => events::position_of(&self.0.db, event_id).await,
        }
    }

    /// Reads some of what lies between two positions.
    ///
    /// # Errors
    /// The database failed.
    pub async fn read(&self, keys: &[Key], after: i64, reach: i64) -> Result<Behind, sqldb::Error> {
        let _turn = self.0.readers.acquire().await;
        let events = events::after(&self.0.db, after, BATCH).await?;
        let is_all = events.len() < BATCH as usize;
        let last = events.last().map_or(after, |event| event.position);
        let position = if is_all { reach } else { last.min(reach) };
        let near = events.iter().filter(|event| event.position <= reach);
        let items = near.filter_map(|event| Item::new(self.0.entities, event)).filter(|item| item.is_for(keys));
        Ok(Behind { items: items.collect(), position })
    }

    /// The tasks of the connections, each longer there than its seat.
    pub fn connections(&self) -> &TaskTracker {
        &self.0.connections
    }

    /// Waits until the last connection has ended, after [`Feed::drain`].
    pub async fn left(&self) {
        self.0.connections.close();
        self.0.connections.wait().await;
    }

    /// Ends every seat within this time, one after the other, and takes no more: the process is about to stop.
    pub fn drain(&self, window: Duration) {
        self.state().drain(window);
    }

    pub(crate) fn identify(&self, before: Who, who: Who) -> Result<(), Refused> {
        self.state().identify(before, who, &self.0.live).inspect_err(refuse)
    }

    pub(crate) fn attach(
        &self,
        seat_id: u64,
        had: &[Key],
        keys: &[Key],
        after: Option<i64>,
    ) -> Result<Attached, Refused> {
        self.state().attach(seat_id, had, keys, after, &self.0.live).inspect_err(refuse)
    }

    pub(crate) fn fill(&self, outbox: &Outbox, keys: &[Key]) {
        let count = self.state().fill(outbox, keys);
        counter!("live_deliveries_total").increment(count as u64);
    }

    pub(crate) fn detach(&self, seat_id: u64, keys: &[Key]) {
        self.state().detach(seat_id, keys);
    }

    pub(crate) fn leave(&self, seat_id: u64, who: Who, kind: Kind, keys: &[Key]) {
        self.state().leave(seat_id, who, kind, keys);
    }

    /// Takes in the next thing that is told.
    pub fn tell(&self, told: Told) {
        match told {
            Told::From { from, head } => self.state().begin(from, head),
            Told::UpTo(position) => self.state().pass(position, None),
            Told::Void => self.state().void(),
            Told::Event(event, source) => {
                // Written before anybody is kept waiting.
                let item = Item::new(self.0.entities, &event);
                let count = match item {
                    Some(item) => self.state().hand_out(item, self.0.live.memory),
                    None => {
                        self.state().pass(event.position, Some(event.event_id));
                        0
                    }
                };
                let from = match source {
                    Source::Past => return,
                    Source::Broker => "broker",
                    Source::Database => "database",
                };
                counter!("live_events_total", "source" => from).increment(1);
                counter!("live_deliveries_total").increment(count as u64);
                histogram!("live_lag_seconds").record((types::now() - event.occurred_at).as_seconds_f64().max(0.0));
            }
        }
    }

    fn seat(&self, seat_id: u64, who: Who, kind: Kind, outbox: Arc<Outbox>) -> Seat {
        Seat::new(self.clone(), seat_id, who, kind, outbox)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

fn refuse(refused: &Refused) {
    counter!("live_refused_total", "reason" => refused.reason()).increment(1);
}
