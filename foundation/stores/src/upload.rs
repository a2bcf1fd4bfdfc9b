//! A file on its way into every store.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use worker::{Task, Worker};

use crate::error::Error;
use crate::key::Key;
use crate::lane;
use crate::store::Store;
use crate::window::{BLOCK, End, LENIENCE, Window};
use crate::writer::Writer;

type Lanes = FuturesUnordered<BoxFuture<'static, ()>>;

/// A file that is being written to every store. Dropped, it is given up: what was written of it is removed as far as the
/// stores let it.
pub struct Upload {
    window: Arc<Window>,
    lanes: Option<Task<()>>,
    /// Until it was asked for.
    progress: Option<oneshot::Receiver<Progress>>,
    names: Names,
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

/// The names under which stores keep parts of a file, as they come.
pub struct Names(Option<UnboundedReceiver<Begun>>);

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

/// The stores that are still at work after the first one was done. Dropped, they are given up, and what they have written
/// stays.
pub struct Rest {
    window: Arc<Window>,
    lanes: Lanes,
    ended: UnboundedReceiver<(String, Outcome)>,
}

/// How far the stores are when the first one has the file, or none will.
struct Progress {
    done: Vec<(String, Outcome)>,
    /// The others, if a store has it.
    rest: Option<Rest>,
}

impl Upload {
    pub(crate) fn begin(stores: &[Store], key: Key, patience: Duration, worker: &Worker) -> Result<Self, Error> {
        if stores.is_empty() {
            return Err(Error::NoStore);
        }
        let window = Arc::new(Window::new(stores.len()));
        let ((name, names), (end, ended)) = (unbounded_channel(), unbounded_channel());
        let lanes = stores.iter().enumerate().map(|(number, store)| {
            let writer = Writer::new(store.clone(), key, patience);
            let lane = lane::run(Arc::clone(&window), number, writer, name.clone(), end.clone());
            Box::pin(lane) as BoxFuture<'static, ()>
        });
        let rest = Rest { window: Arc::clone(&window), lanes: lanes.collect(), ended };
        let (first, progress) = oneshot::channel();
        let task = worker.try_spawn(until_first(rest, first)).map_err(|_| Error::Busy)?;
        Ok(Self {
            window,
            lanes: Some(task),
            progress: Some(progress),
            names: Names(Some(names)),
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

    /// Tells the names under which stores keep parts of the file; the second time, none.
    pub fn names(&mut self) -> Names {
        Names(self.names.0.take())
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
        let Some(rest) = rest else { return Err(all_failed(&done)) };
        let mut sha256 = [0; 32];
        let hash = self.hash.clone().finish();
        sha256.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Finished { size: self.size, sha256, done, rest })
    }

    /// Gives the file up, and waits until what was written of it is removed, as far as the stores let it. When all of them
    /// have failed before, it is removed behind.
    pub async fn abandon(mut self) {
        self.window.end(End::GivenUp);
        if let (Some(_), Some(lanes)) = (self.progress.take(), self.lanes.take()) {
            let _ = lanes.await;
        }
    }

    async fn failure(&mut self) -> Error {
        match self.progress().await {
            Ok(progress) => all_failed(&progress.done),
            Err(error) => error,
        }
    }

    async fn progress(&mut self) -> Result<Progress, Error> {
        match self.progress.take() {
            Some(progress) => progress.await.map_err(|_| Error::Stopped),
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
    /// Waits for the next store that is done; `None` when all are, and have removed what is no file. Nothing is lost when it
    /// is dropped.
    pub async fn next(&mut self) -> Option<(String, Outcome)> {
        loop {
            tokio::select! {
                biased;
                Some(ended) = self.ended.recv() => return Some(ended),
                lane = self.lanes.next() => lane?,
            }
        }
    }

    /// Gives up those that are not done: they remove what they have written.
    pub fn give_up(&self) {
        self.window.give_up();
    }

    /// Whether all are done.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.ended.is_empty()
    }
}

impl Names {
    /// Waits until another store has begun to keep parts: for ever, if none does. Nothing is lost when it is dropped.
    pub async fn next(&mut self) -> Begun {
        if let Some(names) = &mut self.0
            && let Some(begun) = names.recv().await
        {
            return begun;
        }
        std::future::pending().await
    }

    /// One that has come, if one has.
    pub fn take(&mut self) -> Option<Begun> {
        self.0.as_mut()?.try_recv().ok()
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rest").field(&self.lanes.len()).finish()
    }
}

/// Lets the stores work until the first one has the file, or none is left; says so, and removes what is no file.
async fn until_first(mut rest: Rest, first: oneshot::Sender<Progress>) {
    let (mut done, stores, mut is_stored) = (Vec::new(), rest.lanes.len(), false);
    while !is_stored
        && done.len() < stores
        && let Some((store, outcome)) = rest.next().await
    {
        is_stored = outcome == Outcome::Stored;
        done.push((store, outcome));
    }
    let (rest, mut left) = if is_stored { (Some(rest), None) } else { (None, Some(rest)) };
    if let Err(Progress { rest: Some(rest), .. }) = first.send(Progress { done, rest }) {
        // Nobody waits for it any more.
        rest.give_up();
        left = Some(rest);
    }
    if let Some(mut left) = left {
        while left.next().await.is_some() {}
    }
}

fn all_failed(done: &[(String, Outcome)]) -> Error {
    let reasons = done.iter().map(|(store, outcome)| match outcome {
        Outcome::Failed(reason) => format!("{store}: {reason}"),
        Outcome::GivenUp | Outcome::Stored => format!("{store}: given up"),
    });
    Error::AllFailed(reasons.collect::<Vec<_>>().join("; "))
}
