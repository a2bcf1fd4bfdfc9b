//! Files in several object stores at once: written together, read from whichever has them.
//!
//! An [`Upload`] takes a stream of bytes and writes it to every store. It is done when the first store has the file whole;
//! the others finish behind it ([`Rest`]), or are given up, which the caller mends later with [`Stores::copy`].
//!
//! - **Never whole in memory.** All stores are fed from one window of [`WINDOW`] bytes, whose blocks they share.
//! - **The fastest store sets the pace.** While it has to wait for a slower one to free the window, the slower one has
//!   [`LENIENCE`] in all; then it is given up. A store that hangs costs nobody more than that, and no memory.
//! - **Nothing hangs for ever.** Each call to a store has a limit ([`Limits::patience`]).
//! - **Never more than so many at once** ([`Limits::uploads`], [`Limits::behind`]).
//! - **A reader survives a store** ([`Stores::read`]): what one does not give, the next one gives from the same place on.
//!
//! Keys are made of ids alone ([`Key`]): nothing that a client says becomes a path.
//!
//! What a killed process leaves in a store is removed by [`Stores::remove`]. The one thing that it needs to know for that is
//! the name under which S3 keeps the parts of an unfinished file: [`Upload::names`] tells it.

mod address;
mod copy;
mod error;
mod key;
mod lane;
mod read;
mod store;
mod upload;
mod window;
mod writer;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use worker::Worker;

pub use crate::address::{Address, AddressError};
pub use crate::copy::Content;
pub use crate::error::Error;
pub use crate::key::Key;
pub use crate::read::Reader;
pub use crate::store::Store;
pub use crate::upload::{Begun, Finished, Names, Outcome, Rest, Upload};
pub use crate::window::{LENIENCE, WINDOW};

/// How much is done at once, and how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most uploads at once; one more is refused.
    pub uploads: NonZeroUsize,
    /// The most uploads of which stores finish behind the first one, beside those; of one more, they are given up.
    pub behind: NonZeroUsize,
    /// How long one call to a store may take. Closing a large file may take four times as long.
    pub patience: Duration,
}

/// The stores. Cheap to clone.
#[derive(Clone)]
pub struct Stores(Arc<Shared>);

struct Shared {
    stores: Vec<Store>,
    uploads: Worker,
    behind: Worker,
    patience: Duration,
}

impl Stores {
    /// These stores, in the order in which they are read from; their work is done on `runtime`.
    pub fn new(stores: Vec<Store>, limits: Limits, runtime: Handle) -> Self {
        let worker = |running| Worker::new(worker::Limits { running, waiting: 0 }, runtime.clone());
        Self(Arc::new(Shared {
            stores,
            uploads: worker(limits.uploads),
            behind: worker(limits.behind),
            patience: limits.patience,
        }))
    }

    /// No store.
    pub fn none(runtime: Handle) -> Self {
        let limits = Limits { uploads: NonZeroUsize::MIN, behind: NonZeroUsize::MIN, patience: Duration::ZERO };
        Self::new(Vec::new(), limits, runtime)
    }

    /// The names of the stores.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.stores.iter().map(Store::name)
    }

    /// Begins to write a file.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::NoStore`].
    pub fn upload(&self, key: Key) -> Result<Upload, Error> {
        Upload::begin(&self.0.stores, key, self.0.patience, &self.0.uploads)
    }

    /// Does `work` in the background, for what finishes behind an upload.
    ///
    /// # Errors
    /// [`Error::Busy`]; nothing of the work has happened.
    pub fn behind(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        self.0.behind.try_spawn(work).map(drop).map_err(|_| Error::Busy)
    }

    /// Removes what there is under `key` in the store `name`: the file, and what an interrupted writer left of it, the
    /// parts named `begun` among it. What is not there is removed.
    ///
    /// # Errors
    /// [`Error::NoStore`] when no store has this name; the store failed.
    pub async fn remove(&self, name: &str, key: Key, begun: Option<&str>) -> Result<(), Error> {
        let store = self.named(name)?;
        store.clean(key, begun, self.0.patience).await?;
        store.delete(key, self.0.patience).await
    }

    /// Takes no more uploads, lets those at work end within `grace`, and drops the rest.
    pub async fn stop(&self, grace: Duration) {
        futures_util::future::join(self.0.uploads.stop(grace), self.0.behind.stop(grace)).await;
    }

    pub(crate) fn named(&self, name: &str) -> Result<&Store, Error> {
        self.0.stores.iter().find(|store| store.name() == name).ok_or(Error::NoStore)
    }
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
