//! Events on their way to whoever subscribed, each serialized once.
//!
//! A [`Feed`] is told every event in order (`events::Follower`), keeps the last of them, and puts each into the queues of the
//! [`Seat`]s that subscribed to it. An event is serialized once, however many get it, and framed once for each protocol:
//! queues hold references.
//!
//! - A queue is bounded. Whoever does not take what is in it loses the seat, and nobody waits for them.
//! - Who was away names the last event that they got, and goes on behind it: from memory, or from the database where that does
//!   not reach back so far. What lies between is read before the seat is attached under the lock of the feed: nothing is lost
//!   between the two, and nothing is out of order.
//! - A queue is short. What had no place in it is taken from memory when it is empty; whose next event memory has forgotten is dropped.
//! - Seats are counted: in the process, for each user or address, for each topic.
//!
//! What may be seen of an event, and who may subscribe to what, is for the domain to say ([`Entity`], [`Key`]).

mod feed;
mod item;
mod outbox;
mod seat;
mod state;

pub use crate::feed::{Behind, Feed, Refused};
pub use crate::item::{Entity, Item, Key, Of, text_frame};
pub use crate::outbox::End;
pub use crate::seat::{Attached, Kind, Missed, Seat, Who};
