//! Delivery of what the domains announce, in order.
//!
//! A change and its event are committed together, by `changes`. From there a [`Relay`] takes over; every replica runs one.
//!
//! 1. What is committed gets its position in the one order of events. A reader that goes by positions skips nothing,
//!    however late an event was committed.
//! 2. All events of a row are in one of 8 parts. A part is handed on by one replica at a time: it holds a lease, renewed
//!    by the clock of the database, and a fence that a later holder raises. Another takes over seconds after a replica
//!    died, at once after it stopped.
//! 3. Each [`Consumer`] has a cursor in each part. The effect of an event and the move of the cursor are one commit: one
//!    effect for each event, whatever is killed when. A [`Carrier`] brings events elsewhere, at least once.
//! 4. An event that is refused waits, and later ones of the same row behind it, while all others go on; it is tried again,
//!    and given up after a number of times: a dead letter ([`letters`], [`retry`], [`drop_letters`]).
//!
//! Relays are woken by NOTIFY, and look once a second besides. With a broker ([`nats`]) events go to it by a carrier, and
//! the consumers get them from there.

mod consumer;
mod cursor;
mod event;
mod follow;
mod lane;
mod lease;
mod letters;
mod listen;
mod log;
pub mod nats;
mod order;
mod parked;
mod relay;
mod report;
mod settings;

pub use crate::consumer::{Carrier, Consumer, Failure, Start};
pub use crate::event::{Event, PARTITIONS};
pub use crate::follow::{Follower, Source, Told};
pub use crate::letters::{
    COUNTED, Holder, Lag, Letter, LetterFilter, Standing, drop_letters, holders, lags, letters, retry, standings,
};
pub use crate::log::{KEPT, after, forget, last_position, position_of, seen, sweep};
pub use crate::relay::{Ended, Relay};
pub use crate::report::Report;
pub use crate::settings::Settings;
