//! All events in the one order, for whoever shows them to others.

use std::collections::BTreeMap;
use std::time::Duration;

use sqldb::{Db, Error};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::event::Event;
use crate::log;
use crate::nats::Tap;

/// How long an event that the database has is waited for from the broker.
const LATE: Duration = Duration::from_millis(150);

/// Events that are read at once.
const BATCH: u32 = 500;

/// Events kept until those before them are there. With more missing, the database is asked at once.
const AHEAD: usize = 10_000;

/// The pause after the database failed.
const PAUSE: Duration = Duration::from_millis(500);

/// How a follower came by an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was there before the follower.
    Past,
    /// From the broker.
    Broker,
    /// From the database.
    Database,
}

/// What a follower tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// It begins: what comes is all that has a position above `from`.
    From {
        /// The position above which all is told.
        from: i64,
        /// The position of the last event before the follower: up to there it tells of the past.
        head: i64,
    },
    /// The next event.
    Event(Box<Event>, Source),
    /// There is nothing else up to this position.
    UpTo(i64),
    /// The database is another one, or an older state of it: what was told before is void. It begins anew.
    Void,
}

/// Tells all events in the order of their positions, none twice and none left out, to one process of however many.
///
/// The relay of the process says how far the events are; they come from the broker where there is one, and from the database
/// where there is none, and where the broker lost some, came late, or is away.
pub struct Follower {
    db: Db,
    head: watch::Receiver<i64>,
    tap: Option<Tap>,
    memory: u32,
}

impl Follower {
    /// Follows the events of `db` as far as `head` says ([`Relay::position`](crate::Relay::position)), from so many events
    /// before now.
    pub fn new(db: Db, head: watch::Receiver<i64>, tap: Option<Tap>, memory: u32) -> Self {
        Self { db, head, tap, memory }
    }

    /// Tells until it is dropped. Whatever fails meanwhile is tried again.
    pub async fn run(mut self, mut tell: impl FnMut(Told)) {
        loop {
            let head = self.begin().await;
            let from = (head - i64::from(self.memory)).max(0);
            tell(Told::From { from, head });
            self.follow(from, head, &mut tell).await;
            tell(Told::Void);
        }
    }

    /// Where the events are now, once the database says so.
    async fn begin(&mut self) -> i64 {
        loop {
            match log::last_position(&self.db).await {
                Ok(head) => return head,
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// Tells what comes after `last`; ends when the positions begin anew.
    async fn follow(&mut self, mut last: i64, begun: i64, tell: &mut impl FnMut(Told)) {
        let (mut ahead, mut known, mut late) = (BTreeMap::<i64, Event>::new(), begun, Some(Instant::now()));
        let mut said = 0;
        loop {
            while let Some(event) = ahead.remove(&(last + 1)) {
                last += 1;
                tell(Told::Event(Box::new(event), Source::Broker));
            }
            let head = *self.head.borrow_and_update();
            if head < said {
                return;
            }
            said = head;
            // At first the relay knows less than was read.
            known = known.max(head);
            ahead.retain(|position, _| *position > last);
            match late {
                _ if last >= known && ahead.is_empty() => late = None,
                None if self.tap.is_none() || ahead.len() > AHEAD => late = Some(Instant::now()),
                None => late = Some(Instant::now() + LATE),
                Some(_) => {}
            }
            let until = late.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                () = sleep_until(until), if late.is_some() => {
                    let source = if last < begun { Source::Past } else { Source::Database };
                    late = match self.read(last, known, source, tell).await {
                        // There may be more.
                        Ok(position) if position > last => {
                            last = position;
                            Some(Instant::now())
                        }
                        // What came from the broker is not in the database: it is of another one.
                        Ok(_) => {
                            ahead.clear();
                            None
                        }
                        Err(_) => Some(Instant::now() + PAUSE),
                    };
                }
                event = next(&mut self.tap) => {
                    if event.position > last {
                        ahead.insert(event.position, event);
                    }
                    // While the database is away the broker may go on. The database has them.
                    if ahead.len() > 2 * AHEAD {
                        ahead.pop_last();
                    }
                }
                Ok(()) = self.head.changed() => {}
            }
        }
    }

    /// Tells what the database has above `last`, some of it; says how far that is.
    async fn read(&self, last: i64, known: i64, source: Source, tell: &mut impl FnMut(Told)) -> Result<i64, Error> {
        let events = log::after(&self.db, last, BATCH).await?;
        let is_all = events.len() < BATCH as usize;
        let mut position = last;
        for event in events {
            position = event.position;
            tell(Told::Event(Box::new(event), source));
        }
        if is_all && position < known {
            // The rest was swept.
            position = known;
            tell(Told::UpTo(position));
        }
        Ok(position)
    }
}

async fn next(tap: &mut Option<Tap>) -> Event {
    match tap {
        Some(tap) => tap.next().await,
        None => std::future::pending().await,
    }
}
