//! What an upload says of itself while it is under way.

use std::time::Duration;

use chrono::TimeDelta;
use stores::{Begun, Names};
use tokio::time::{Instant, sleep_until};
use types::MediaId;

use crate::Error;
use crate::store::Store;

/// How long an upload may be silent before it is taken for dead.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// How often it says that it lives.
const BEAT: Duration = Duration::from_secs(20);

/// Notes that an upload lives, and what is needed to remove what stores keep of it should it die.
pub(crate) struct Pulse {
    medium_id: MediaId,
    store: Store,
    names: Names,
    /// Names that could not be noted yet.
    unnoted: Vec<Begun>,
    /// When it last tried to say that it lives.
    beat: Instant,
    /// When it last did.
    good: Instant,
}

impl Pulse {
    pub(crate) fn new(medium_id: MediaId, store: Store, names: Names, begun: Instant) -> Self {
        Self { medium_id, store, names, unnoted: Vec::new(), beat: begun, good: begun }
    }

    /// Waits for the name under which another store keeps parts: for ever, if none does. Nothing is lost when it is dropped.
    pub(crate) async fn begun(&mut self) -> Begun {
        self.names.next().await
    }

    /// Waits for either; `None` when it is to say that it lives. Nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self) -> Option<Begun> {
        let due = self.beat + BEAT;
        tokio::select! {
            begun = self.names.next() => Some(begun),
            () = sleep_until(due) => None,
        }
    }

    /// Says that it lives. That the database does not take it is no harm while what was said before still holds.
    ///
    /// # Errors
    /// [`Error::Lapsed`], [`Error::Store`].
    pub(crate) async fn beat(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        self.beat = now;
        match self.store.renew(self.medium_id, lease()).await {
            Ok(true) => {
                self.good = now;
                Ok(())
            }
            Ok(false) => Err(Error::Lapsed),
            Err(_) if self.good.elapsed() < LEASE => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes the name, and those that could not be noted before.
    pub(crate) async fn note(&mut self, begun: Begun) -> Result<(), sqldb::Error> {
        self.unnoted.push(begun);
        self.note_rest().await
    }

    /// Notes all names that have come.
    pub(crate) async fn note_all(&mut self) -> Result<(), sqldb::Error> {
        while let Some(begun) = self.names.take() {
            self.unnoted.push(begun);
        }
        self.note_rest().await
    }

    /// Lets go of the medium, of which no store begins anything any more.
    pub(crate) async fn lapse(&mut self) {
        // Should this fail, the lease ends by itself.
        if self.note_all().await.is_ok() {
            let _ = self.store.lapse(self.medium_id).await;
        }
    }

    async fn note_rest(&mut self) -> Result<(), sqldb::Error> {
        while let Some(begun) = self.unnoted.last() {
            self.store.keep_parts(self.medium_id, &begun.store, &begun.parts).await?;
            self.unnoted.pop();
        }
        Ok(())
    }
}

/// The same for the database.
pub(crate) fn lease() -> TimeDelta {
    TimeDelta::from_std(LEASE).unwrap_or(TimeDelta::MAX)
}
