//! A file on its way into every store.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use worker::{Task, Worker};

use crate::error::Error;
use crate::key::Key;
use crate::lane;
use crate::store::Store;
use crate::window::{BLOCK, End, LENIENCE, Window};
use crate::writer::Writer;

type Lanes = FuturesUnordered<BoxFuture<'static, (String, Outcome)>>;

/// A file that is being written to every store. Dropped, it is given up: what was written of it is removed as far as the
/// stores let it.
pub struct Upload {
    window: Arc<Window>,
    lanes: Option<Task<Progress>>,
    begun: UnboundedReceiver<Begun>,
    hash: Context,
    size: u64,
    /// What is no whole block yet.
    rest: BytesMut,
    lenience: Duration,
}

/// A store has begun to keep parts of the file under this name, which is needed to remove them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The store.
    pub store: String,
    /// The name of the parts.
    pub parts: String,
}

/// What became of the file in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Stored,
    /// The store failed, with words for the log.
    Failed(String),
    /// The store was too slow, or the file was given up.
    GivenUp,
}

/// A file that is in one store at least.
#[derive(Debug)]
pub struct Finished {
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
    /// The stores that are done with it, one way or the other.
    pub done: Vec<(String, Outcome)>,
    /// The others.
    pub rest: Rest,
}

/// The stores that are still at work after the first one was done. Dropped, they are given up.
pub struct Rest(Lanes);

/// How far the stores are when the first one has the file, or none will.
struct Progress {
    done: Vec<(String, Outcome)>,
    rest: Lanes,
}

impl Upload {
    pub(crate) fn begin(stores: &[Store], key: Key, patience: Duration, worker: &Worker) -> Result<Self, Error> {
        if stores.is_empty() {
            return Err(Error::NoStore);
        }
        let window = Arc::new(Window::new(stores.len()));
        let (sender, begun) = unbounded_channel();
        let lanes = stores.iter().enumerate().map(|(number, store)| {
            let writer = Writer::new(store.clone(), key, patience);
            let lane: BoxFuture<'static, _> = Box::pin(lane::run(Arc::clone(&window), number, writer, sender.clone()));
            lane
        });
        let task = worker.try_spawn(until_first(lanes.collect())).map_err(|_| Error::Busy)?;
        Ok(Self {
            window,
            lanes: Some(task),
            begun,
            hash: Context::new(&SHA256),
            size: 0,
            rest: BytesMut::new(),
            lenience: LENIENCE,
        })
    }

    /// Takes the next bytes of the file, as soon as the fastest store keeps up.
    ///
    /// # Errors
    /// [`Error::AllFailed`]: there is no use in going on.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        self.hash.update(&bytes);
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.rest.capacity() == 0 {
                // Blocks of one size, which are copied into: what is kept of a chunk would keep all that it was read with.
                self.rest = BytesMut::with_capacity(BLOCK);
            }
            let taken = bytes.split_to(bytes.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(&taken);
            if self.rest.len() == BLOCK {
                let block = std::mem::take(&mut self.rest).freeze();
                if !self.window.push(block, &mut self.lenience).await {
                    return Err(self.failure().await);
                }
            }
        }
        Ok(())
    }

    /// The number of bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Waits until another store has begun to keep parts: for ever, if none does. Nothing is lost when it is dropped.
    pub async fn begun(&mut self) -> Begun {
        match self.begun.recv().await {
            Some(begun) => begun,
            None => std::future::pending().await,
        }
    }

    /// Says that the file is whole, and waits until a store has it.
    ///
    /// # Errors
    /// [`Error::AllFailed`]; [`Error::Stopped`].
    pub async fn finish(mut self) -> Result<Finished, Error> {
        let block = std::mem::take(&mut self.rest).freeze();
        if !block.is_empty() && !self.window.push(block, &mut self.lenience).await {
            return Err(self.failure().await);
        }
        self.window.end(End::Whole);
        let Progress { done, rest } = self.progress().await?;
        if !done.iter().any(|(_, outcome)| *outcome == Outcome::Stored) {
            return Err(all_failed(&done));
        }
        let mut sha256 = [0; 32];
        let hash = self.hash.clone().finish();
        sha256.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Finished { size: self.size, sha256, done, rest: Rest(rest) })
    }

    /// Gives the file up, and waits until what was written of it is removed, as far as the stores let it.
    pub async fn abandon(mut self) {
        self.window.end(End::GivenUp);
        let _ = self.progress().await;
    }

    async fn failure(&mut self) -> Error {
        match self.progress().await {
            Ok(progress) => all_failed(&progress.done),
            Err(error) => error,
        }
    }

    async fn progress(&mut self) -> Result<Progress, Error> {
        match self.lanes.take() {
            Some(lanes) => lanes.await.map_err(|_| Error::Stopped),
            None => Err(Error::Stopped),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Changes nothing where the file is whole.
        self.window.end(End::GivenUp);
    }
}

impl Rest {
    /// Waits for the next store that is done; `None` when all are.
    pub async fn next(&mut self) -> Option<(String, Outcome)> {
        self.0.next().await
    }

    /// Whether all are done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rest").field(&self.0.len()).finish()
    }
}

/// Lets the stores work until the first one has the file, or none is left.
async fn until_first(mut lanes: Lanes) -> Progress {
    let mut done = Vec::new();
    while let Some((store, outcome)) = lanes.next().await {
        let is_stored = outcome == Outcome::Stored;
        done.push((store, outcome));
        if is_stored {
            break;
        }
    }
    Progress { done, rest: lanes }
}

fn all_failed(done: &[(String, Outcome)]) -> Error {
    let reasons = done.iter().map(|(store, outcome)| match outcome {
        Outcome::Failed(reason) => format!("{store}: {reason}"),
        Outcome::GivenUp | Outcome::Stored => format!("{store}: given up"),
    });
    Error::AllFailed(reasons.collect::<Vec<_>>().join("; "))
}
