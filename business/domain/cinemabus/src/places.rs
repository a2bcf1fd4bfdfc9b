//! Places: what they are, how they are found, how they come in.

mod model;
mod store;

use std::collections::BTreeMap;

use sqldb::Db;

pub use crate::places::model::{
    Circle, Country, CountryError, Found, Imported, Place, PlaceId, PlaceIdError, PlaceName, Search, Typed,
};
use crate::places::store::{Fit, Store};

/// What can be done with places.
#[derive(Clone)]
pub struct Business {
    store: Store,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("places could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of places, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { store: Store::new(db) }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::new(tx.db())
    }

    /// The places that `search` means, at most `limit`, the best first.
    ///
    /// A text means the places whose name begins with it; then those of which a later word does; then those whose name
    /// begins with it but for one typing error. Accents, case and punctuation don't count. Within each the larger come
    /// first; where a point is known, the larger and nearer. Without a text the nearest come first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn search(&self, search: &Search, limit: u32) -> Result<Vec<Found>, Error> {
        if search.typed.is_none() {
            return Ok(self.store.search(search, None, &[], limit).await?);
        }
        let mut found = Vec::new();
        for fit in Fit::ALL {
            let known: Vec<PlaceId> = found.iter().map(|found: &Found| found.place.id).collect();
            // Fewer than 2^32 were found, since no more were asked for.
            let left = limit.saturating_sub(u32::try_from(known.len()).unwrap_or(u32::MAX));
            if left > 0 {
                found.extend(self.store.search(search, Some(fit), &known, left).await?);
            }
        }
        Ok(found)
    }

    /// How many places there are.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self) -> Result<u64, Error> {
        Ok(self.store.count().await?)
    }

    /// Brings `batch` in, all at once: new places are added, others become as they are in it. Of two with one id the last
    /// counts. Repeating an import changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`], and then none of the batch came in.
    pub async fn import(&self, batch: &[Place]) -> Result<Imported, Error> {
        // In the order of their ids: imports at once meet in each other's rows in one order, and none waits for ever.
        let places: BTreeMap<PlaceId, &Place> = batch.iter().map(|place| (place.id, place)).collect();
        Ok(self.store.import(places.values().copied()).await?)
    }
}
