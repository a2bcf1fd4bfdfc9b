//! One replica's part in the delivery of events.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqldb::Db;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::consumer::{Carrier, Consumer, Registered, Route};
use crate::event::PARTITIONS;
use crate::lane::{Holding, Lane, Shared, Step};
use crate::lease::{self, Held, Lease};
use crate::listen::{Heard, listen};
use crate::order::{self, Heads, Look};
use crate::report::{Report, Reporter};
use crate::settings::Settings;
use crate::{cursor, log};

/// The shortest time from one look to the next: under load, events are placed some at a time.
const BREATH: Duration = Duration::from_millis(5);

/// How long after it said that it sleeps the relay looks once more: who wrote an event at that moment did not know.
const DOZE: Duration = Duration::from_millis(25);

/// How long a lane waits that found its cursor moved by another, which may still end a transaction.
const AFTER_A_LOSS: Duration = Duration::from_millis(100);

/// How long what is being done may take at a stop.
const LAST_STEP: Duration = Duration::from_millis(1500);

/// One replica's part in the delivery of events.
pub struct Relay {
    shared: Shared,
    url: String,
    registered: Vec<Registered>,
    position: watch::Sender<i64>,
}

/// Why a relay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// A task of it panicked, which is a fault of the relay: consumers' panics are refusals. It let go of its parts, and
    /// may be run again.
    Panicked,
}

/// What lanes wait for.
#[derive(Clone, Debug, Default)]
struct Signals {
    /// The last positions. At first they are higher than the events of the part.
    heads: Heads,
    /// Who has refused events that are due.
    due: HashSet<String>,
}

/// What the tasks of a relay wake each other by.
#[derive(Default)]
struct Wake {
    look: Notify,
    renew: Notify,
}

impl Relay {
    /// A relay on the database at `url`, to which `db` leads as well; it listens on a connection beside the pool. It tells
    /// `report` what happens.
    pub fn new(db: Db, url: &str, settings: Settings, report: impl Fn(&Report<'_>) + Send + Sync + 'static) -> Self {
        let transactions = Arc::new(Semaphore::new(settings.transactions.max(1)));
        let shared = Shared { db, settings, report: Arc::new(report), transactions };
        Self { shared, url: url.to_owned(), registered: Vec::new(), position: watch::Sender::new(0) }
    }

    /// Has it hand events to a consumer.
    #[must_use]
    pub fn consumer<C: Consumer>(self, consumer: C) -> Self {
        self.with::<C>(Route::Direct(Arc::new(consumer)))
    }

    /// Has it look after a consumer that a [`nats::Subscriber`](crate::nats::Subscriber) hands the events to: what was
    /// refused is tried again here.
    #[must_use]
    pub fn brokered<C: Consumer>(self, consumer: Arc<C>) -> Self {
        self.with::<C>(Route::Brokered(consumer))
    }

    /// Has it bring events elsewhere.
    #[must_use]
    pub fn carrier<C: Carrier>(mut self, carrier: C) -> Self {
        self.registered.push(Registered { name: C::NAME, start: C::START, route: Route::Out(Arc::new(carrier)) });
        self
    }

    /// The last position, kept up to date while the relay runs: for whoever reads along with [`after`](crate::after).
    pub fn position(&self) -> watch::Receiver<i64> {
        self.position.subscribe()
    }

    /// Works until `stop` is done. Whatever fails meanwhile is tried again.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Ended {
        let relay_id = Uuid::now_v7();
        let wake = Arc::new(Wake::default());
        let (held, signals, stopping) =
            (watch::Sender::new(Held::default()), watch::Sender::new(Signals::default()), watch::Sender::new(false));
        let mut lanes = JoinSet::new();
        for registered in &self.registered {
            for part in 0..PARTITIONS {
                let lane = Lane::new(self.shared.clone(), registered.clone(), i16::try_from(part).unwrap_or(0));
                lanes.spawn(run_lane(lane, part, held.subscribe(), signals.subscribe(), stopping.subscribe()));
            }
        }
        let work = async {
            self.register().await;
            tokio::join!(
                self.hear(relay_id, &wake),
                self.keep_order(relay_id, &wake, &signals),
                self.keep_leases(relay_id, &wake, &held),
            )
        };
        let ended = tokio::select! {
            () = stop => Ended::Stopped,
            // A lane ends when it is told to.
            Some(_) = lanes.join_next() => Ended::Panicked,
            _ = work => Ended::Panicked,
        };
        // Whoever is between two events stops there. The rest is cut off: its transaction is rolled back, and what it sent
        // elsewhere is sent again by whoever comes next.
        stopping.send_replace(true);
        let all = async { while lanes.join_next().await.is_some() {} };
        if timeout(LAST_STEP, all).await.is_err() {
            lanes.shutdown().await;
        }
        let deadline = Instant::now() + self.shared.settings.last_word;
        if let Err(error) = sqldb::within(deadline, lease::release(&self.shared.db, relay_id)).await {
            self.tell_of("let go of the parts", &error);
        }
        ended
    }

    fn with<C: Consumer>(mut self, route: Route) -> Self {
        self.registered.push(Registered { name: C::NAME, start: C::START, route });
        self
    }

    /// Makes the consumers known: from then on they get what comes.
    async fn register(&self) {
        for registered in &self.registered {
            while let Err(error) = cursor::register(&self.shared.db, registered.name, registered.start).await {
                self.tell_of("make a consumer known", &error);
                sleep(self.shared.settings.poll).await;
            }
        }
    }

    async fn hear(&self, relay_id: Uuid, wake: &Wake) {
        let report: &Reporter = &self.shared.report;
        listen(&self.url, Some(relay_id), report, |heard| {
            wake.look.notify_one();
            if heard == Heard::Released {
                wake.renew.notify_one();
            }
        })
        .await;
    }

    /// Holds a fair share of the parts.
    async fn keep_leases(&self, relay_id: Uuid, wake: &Wake, held: &watch::Sender<Held>) {
        let settings = &self.shared.settings;
        loop {
            let now = match lease::renew(&self.shared.db, relay_id, settings.lease).await {
                Ok(now) => now,
                Err(error) => {
                    self.tell_of("renew the leases", &error);
                    held.borrow().map(|lease| lease.filter(|lease: &Lease| Instant::now() < lease.until))
                }
            };
            let before = held.send_replace(now);
            if before.map(|lease| lease.is_some()) != now.map(|lease| lease.is_some()) {
                let partitions: Vec<i16> =
                    (0..).zip(&now).filter(|(_, lease)| lease.is_some()).map(|(part, _)| part).collect();
                (self.shared.report)(&Report::Holds { partitions: &partitions });
            }
            let _ = timeout(settings.lease / 3, wake.renew.notified()).await;
        }
    }

    /// Gives positions to what is committed, and wakes the lanes.
    async fn keep_order(&self, relay_id: Uuid, wake: &Wake, signals: &watch::Sender<Signals>) {
        let poll = self.shared.settings.poll;
        let mut known = None;
        loop {
            let pause = match self.look(relay_id, &mut known, signals).await {
                Ok(pause) => pause,
                Err(error) => {
                    self.tell_of("look for events", &error);
                    poll
                }
            };
            sleep(BREATH.min(pause)).await;
            let _ = timeout(pause.saturating_sub(BREATH), wake.look.notified()).await;
        }
    }

    /// Looks once; gives the time to the next look, unless a notification comes before.
    async fn look(
        &self,
        relay_id: Uuid,
        known: &mut Option<i64>,
        signals: &watch::Sender<Signals>,
    ) -> Result<Duration, sqldb::Error> {
        let db = &self.shared.db;
        let Look { unplaced, sleeping, due, mut position } = order::look(db).await?;
        if unplaced && order::place(db, relay_id).await? > 0 {
            position = log::last_position(db).await?;
        }
        let moved = match *known {
            None => (0..).take(PARTITIONS).map(|part| (part, position)).collect(),
            Some(known) if known < position => order::heads_above(db, known).await?,
            Some(_) => Vec::new(),
        };
        *known = Some(position);
        if !moved.is_empty() || !due.is_empty() || !signals.borrow().due.is_empty() {
            signals.send_modify(|signals| {
                for (part, head) in moved {
                    if let Some(known) = usize::try_from(part).ok().and_then(|part| signals.heads.get_mut(part)) {
                        *known = head.max(*known);
                    }
                }
                signals.due = due.into_iter().collect();
            });
        }
        self.position.send_if_modified(|known| std::mem::replace(known, position) != position);
        if unplaced {
            return Ok(BREATH);
        }
        if !sleeping {
            order::sleep(db).await?;
            return Ok(DOZE);
        }
        Ok(self.shared.settings.poll)
    }

    fn tell_of(&self, doing: &'static str, error: &sqldb::Error) {
        (self.shared.report)(&Report::Database { doing, error });
    }
}

/// Works in one lane whenever the part is held here.
async fn run_lane(
    mut lane: Lane,
    part: usize,
    mut held: watch::Receiver<Held>,
    mut signals: watch::Receiver<Signals>,
    mut stopping: watch::Receiver<bool>,
) {
    let key = lane.key();
    loop {
        let lease = held.borrow_and_update().get(part).copied().flatten();
        let Some(lease) = lease.filter(|lease| Instant::now() < lease.until) else {
            tokio::select! {
                Ok(()) = held.changed() => continue,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        };
        let holding = Holding { held: held.clone(), part, fence: lease.fence };
        lane.take_over();
        while holding.is_valid() {
            if *stopping.borrow() {
                return;
            }
            let head = {
                let signals = signals.borrow_and_update();
                lane.has_due |= signals.due.contains(&key);
                signals.heads.get(part).copied()
            };
            let step = lane.step(&holding).await;
            let wait = async {
                match step {
                    Step::More => {}
                    Step::Idle => until_there_is_more(&mut signals, &mut held, &holding, head, &key).await,
                    Step::Pause(pause) => sleep(pause).await,
                    Step::Lost => {
                        lane.take_over();
                        sleep(AFTER_A_LOSS).await;
                    }
                }
            };
            tokio::select! {
                () = wait => {}
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }
}

/// Waits for an event, for a refused one that is due, or for the loss of the part.
async fn until_there_is_more(
    signals: &mut watch::Receiver<Signals>,
    held: &mut watch::Receiver<Held>,
    holding: &Holding,
    head: Option<i64>,
    key: &str,
) {
    while holding.is_valid() {
        tokio::select! {
            Ok(()) = signals.changed() => {
                let signals = signals.borrow_and_update();
                if signals.heads.get(holding.part).copied() > head || signals.due.contains(key) {
                    return;
                }
            }
            Ok(()) = held.changed() => {
                held.borrow_and_update();
            }
            else => return,
        }
    }
}
