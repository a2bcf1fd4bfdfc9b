//! Brakes on guessing that all replicas share.
//!
//! A [`Policy`] gives each key a bucket: so much at once, and one more after each period. The state of a bucket is one
//! moment in the database (the generic cell rate algorithm, ITU-T I.371, annex A), changed by one statement, by the
//! server's clock: replicas that ask at once are let through as often as one of them would be, and no more.
//!
//! Beside the buckets, [`Throttles::remember`] keeps which keys have proved themselves of late.
//!
//! Nothing here takes part in a transaction of the caller: what was tried was tried, whatever became of the work.

mod key;
mod store;

use std::time::Duration;

use sqldb::{Db, Error};

pub use crate::key::Key;
use crate::store::Store;

/// How often something may be tried: `burst` times at once, and once more after each `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Buckets of policies with other names are other buckets.
    pub name: &'static str,
    /// Times at once. 0 counts as 1.
    pub burst: u32,
    /// The time after which one more may be tried.
    pub period: Duration,
}

/// Whether something may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may.
    Allowed,
    /// Not before this time has passed.
    Denied {
        /// The name of the policy that does not let it.
        policy: &'static str,
        /// The time until it may be tried, should nobody else take that turn.
        retry_after: Duration,
    },
}

/// A turn that is asked for: one try under a policy.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    policy: Policy,
    key: Key,
}

/// The buckets and the memory. Cheap to clone.
#[derive(Clone)]
pub struct Throttles(Store);

/// How long [`Throttles::remember`] lasts.
pub const REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// The longest time that an empty bucket takes to be whole. A policy that would take longer is cut to it.
pub const LONGEST: Duration = Duration::from_hours(366 * 24);

impl Policy {
    /// One try of what `parts` tell from everything else, such as an account and an address. Where one part ends and
    /// the next begins counts.
    #[must_use]
    pub fn turn(&self, parts: &[&[u8]]) -> Turn {
        Turn { policy: *self, key: Key::new(self.name, parts) }
    }

    /// What one try takes, as time.
    fn cost(&self) -> Duration {
        self.capacity() / self.burst.max(1)
    }

    /// The time in which an empty bucket is whole again.
    fn capacity(&self) -> Duration {
        self.period.saturating_mul(self.burst.max(1)).min(LONGEST)
    }
}

impl Throttles {
    /// The throttles of `db`, which must not be a transaction: its end would undo what was counted.
    pub fn new(db: Db) -> Self {
        Self(Store::new(db))
    }

    /// Takes all of these turns, or none.
    ///
    /// One after the other; while a later one is refused, an earlier one may be missing to somebody else for the
    /// moment that it takes to give it back.
    ///
    /// # Errors
    /// The database failed, and some of the turns may be taken.
    pub async fn take(&self, turns: &[Turn]) -> Result<Outcome, Error> {
        for (place, turn) in turns.iter().enumerate() {
            if let denied @ Outcome::Denied { .. } = self.0.take(turn).await? {
                self.give_back(&turns[..place]).await?;
                return Ok(denied);
            }
        }
        Ok(Outcome::Allowed)
    }

    /// Whether these turns could be taken now; takes none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn peek(&self, turns: &[Turn]) -> Result<Outcome, Error> {
        for turn in turns {
            if let denied @ Outcome::Denied { .. } = self.0.peek(turn).await? {
                return Ok(denied);
            }
        }
        Ok(Outcome::Allowed)
    }

    /// Gives back turns that were taken, each once.
    ///
    /// # Errors
    /// The database failed, and some of the turns may stay taken.
    pub async fn give_back(&self, turns: &[Turn]) -> Result<(), Error> {
        for turn in turns {
            self.0.give_back(turn).await?;
        }
        Ok(())
    }

    /// Remembers `key` for [`REMEMBERED`] from now on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remember(&self, key: &Key) -> Result<(), Error> {
        self.0.remember(key).await
    }

    /// Whether `key` is remembered.
    ///
    /// # Errors
    /// The database failed.
    pub async fn remembers(&self, key: &Key) -> Result<bool, Error> {
        self.0.remembers(key).await
    }

    /// Removes what says nothing any more (buckets that are whole, memories that are too old), and answers how many
    /// rows that were. Run it every few minutes, on any replica.
    ///
    /// # Errors
    /// The database failed; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<u64, Error> {
        Ok(self.0.sweep_buckets().await? + self.0.sweep_memory().await?)
    }
}
