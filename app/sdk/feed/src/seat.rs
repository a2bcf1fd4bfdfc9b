//! One subscriber's place in the feed.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use uuid::Uuid;

use crate::feed::{Feed, Refused};
use crate::item::{Item, Key};
use crate::outbox::{End, Outbox};

/// Whom a seat is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A user.
    User(Uuid),
    /// Somebody at an address.
    Address(IpAddr),
}

/// What events are sent by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A WebSocket.
    WebSocket,
    /// An event stream.
    Sse,
}

/// A place in the feed. It is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    feed: Feed,
    seat_id: u64,
    who: Who,
    kind: Kind,
    outbox: Arc<Outbox>,
    keys: Vec<Key>,
}

/// Whether a seat is attached to what it subscribed to.
#[derive(Debug)]
pub enum Attached {
    /// It is: events come from now on.
    Live(Missed),
    /// It is not: what lies between is not in memory, and has to be read before ([`Feed::read`]).
    Behind {
        /// The position from which it is missing.
        after: i64,
        /// The position up to which it is.
        reach: i64,
    },
}

/// What a seat missed, to be sent before anything else.
#[derive(Debug)]
pub struct Missed {
    /// The events, in order.
    pub items: Vec<Arc<Item>>,
    /// The id of the last event of all: whoever comes back with it has missed nothing until now. `None` when none is known, or
    /// the one that was come back with is later.
    pub last_id: Option<Uuid>,
}

impl Who {
    /// Somebody at an address; of IPv6 the network counts, which one client has all addresses of.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
            address => address,
        })
    }
}

impl Kind {
    /// Its name among the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Sse => "sse",
        }
    }
}

impl Seat {
    pub(crate) fn new(feed: Feed, seat_id: u64, who: Who, kind: Kind, outbox: Arc<Outbox>) -> Self {
        Self { feed, seat_id, who, kind, outbox, keys: Vec::new() }
    }

    /// The feed that it is of.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// What it is subscribed to.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Counts it as a user's from now on.
    ///
    /// # Errors
    /// The user has as many as one may have.
    pub fn identify(&mut self, user_id: Uuid) -> Result<(), Refused> {
        self.feed.identify(self.who, Who::User(user_id))?;
        self.who = Who::User(user_id);
        Ok(())
    }

    /// Subscribes it, from what comes after a position if that is known.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed.
    pub fn attach(&mut self, keys: &[Key], after: Option<i64>) -> Result<Attached, Refused> {
        let attached = self.feed.attach(self.seat_id, &self.keys, keys, after)?;
        if matches!(attached, Attached::Live(_)) {
            for key in keys {
                if !self.keys.contains(key) {
                    self.keys.reserve_exact(1);
                    self.keys.push(*key);
                }
            }
        }
        Ok(attached)
    }

    /// Takes subscriptions back. What is in the queue still comes.
    pub fn detach(&mut self, keys: &[Key]) {
        self.feed.detach(self.seat_id, keys);
        self.keys.retain(|key| !keys.contains(key));
        self.keys.shrink_to_fit();
    }

    /// The next event that waits.
    pub fn take(&self) -> Option<Arc<Item>> {
        self.outbox.take().or_else(|| {
            self.outbox.behind()?;
            self.feed.fill(&self.outbox, &self.keys);
            self.outbox.take()
        })
    }

    /// Why it has to end, if it does. What waits before the end of a process is still to be sent.
    pub fn ended(&self) -> Option<End> {
        self.outbox.ended()
    }

    /// Waits until there is an event or an end.
    pub async fn news(&self) {
        self.outbox.news().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.feed.leave(self.seat_id, self.who, self.kind, &self.keys);
    }
}
