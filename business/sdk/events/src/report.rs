//! What the relay tells of its work, to be logged and counted.

use std::sync::Arc;
use std::time::Duration;

use crate::event::Event;

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// A consumer has handled an event, or a carrier has brought it away.
    Delivered {
        /// Which one.
        consumer: &'static str,
        /// The event.
        event: &'a Event,
    },
    /// A consumer refused an event.
    Refused {
        /// Which one.
        consumer: &'static str,
        /// The event.
        event: &'a Event,
        /// How often it has now.
        attempts: u32,
        /// Why.
        reason: &'a str,
        /// It was given up: a dead letter.
        is_dead: bool,
    },
    /// A consumer waits for something that is away.
    Unavailable {
        /// Which one.
        consumer: &'static str,
        /// What is away.
        reason: &'a str,
        /// How often in a row it found it away.
        times: u32,
        /// How long it waits before it looks again.
        pause: Duration,
    },
    /// The parts that this process hands on are others than before.
    Holds {
        /// Now these, in order.
        partitions: &'a [i16],
    },
    /// The database failed while the relay did something; it goes on trying.
    Database {
        /// What it did.
        doing: &'static str,
        /// The failure.
        error: &'a sqldb::Error,
    },
    /// Notifications do not come: events are found by looking once in a while, until they do again.
    Deaf {
        /// Why.
        reason: &'a str,
    },
}

/// Who is told.
pub(crate) type Reporter = Arc<dyn Fn(&Report<'_>) + Send + Sync>;
