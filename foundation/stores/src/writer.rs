//! A file on its way into one store: at once when it is small, else in parts.

use std::time::Duration;

use bytes::Bytes;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};

use crate::error::{Error, timely};
use crate::key::Key;
use crate::store::{Kind, Store};
use crate::window::BLOCK;

/// How many blocks make a part of a file in S3, which takes none below 5 MiB, and 10,000 of a file.
const BLOCKS_OF_S3: usize = (5 << 20) / BLOCK;

/// How many blocks make a part elsewhere.
const BLOCKS: usize = (1 << 20) / BLOCK;

/// How much longer than another call the one may take that closes a large file: a disk has to write it then.
const CLOSING: u32 = 4;

/// Writes one file into one store.
pub(crate) struct Writer {
    store: Store,
    key: Key,
    patience: Duration,
    state: State,
}

enum State {
    /// Nothing was sent.
    Fresh,
    /// Parts of it are in S3, under this name.
    Named { begun: String, parts: Vec<PartId> },
    /// Parts of it are in another store.
    Parts(Box<dyn MultipartUpload>),
    /// It is whole, or given up.
    Closed,
}

impl Writer {
    pub(crate) fn new(store: Store, key: Key, patience: Duration) -> Self {
        Self { store, key, patience, state: State::Fresh }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// How many blocks a part has. A shorter one is the last.
    pub(crate) fn blocks(&self) -> usize {
        match self.store.kind() {
            Kind::Bucket { .. } => BLOCKS_OF_S3,
            Kind::Folder(_) | Kind::Other => BLOCKS,
        }
    }

    /// Begins a file of several parts, and gives the name under which S3 keeps them.
    pub(crate) async fn begin(&mut self) -> Result<Option<String>, Error> {
        match self.store.kind() {
            Kind::Bucket { parts, .. } => {
                let begun = timely(self.patience, parts.create_multipart(&self.store.place(self.key))).await?;
                self.state = State::Named { begun: begun.clone(), parts: Vec::new() };
                Ok(Some(begun))
            }
            Kind::Folder(_) | Kind::Other => {
                let parts = timely(self.patience, self.store.objects().put_multipart(&self.key.path())).await?;
                self.state = State::Parts(parts);
                Ok(None)
            }
        }
    }

    /// Whether a file of several parts was begun.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.state, State::Fresh)
    }

    /// Writes a part.
    pub(crate) async fn part(&mut self, blocks: Vec<Bytes>) -> Result<(), Error> {
        let payload = PutPayload::from_iter(blocks);
        match (&mut self.state, self.store.kind()) {
            (State::Parts(upload), _) => timely(self.patience, upload.put_part(payload)).await,
            (State::Named { begun, parts }, Kind::Bucket { parts: bucket, .. }) => {
                let path = self.store.place(self.key);
                let part = timely(self.patience, bucket.put_part(&path, begun, parts.len(), payload)).await?;
                parts.push(part);
                Ok(())
            }
            _ => Err(Error::Stopped),
        }
    }

    /// Writes the last part, which may be empty, and closes the file: from now on it is there.
    pub(crate) async fn close(&mut self, blocks: Vec<Bytes>) -> Result<(), Error> {
        if !self.has_begun() {
            let payload = PutPayload::from_iter(blocks);
            timely(self.patience, self.store.objects().put(&self.key.path(), payload)).await?;
            self.state = State::Closed;
            return Ok(());
        }
        if !blocks.is_empty() {
            self.part(blocks).await?;
        }
        let limit = self.patience * CLOSING;
        match (&mut self.state, self.store.kind()) {
            (State::Parts(upload), _) => drop(timely(limit, upload.complete()).await?),
            (State::Named { begun, parts }, Kind::Bucket { parts: bucket, .. }) => {
                let path = self.store.place(self.key);
                timely(limit, bucket.complete_multipart(&path, begun, std::mem::take(parts))).await?;
            }
            _ => return Err(Error::Stopped),
        }
        self.state = State::Closed;
        Ok(())
    }

    /// Gives up the file, and removes what was written of it as far as the store lets it.
    pub(crate) async fn abort(&mut self) {
        // What stays is removed by whoever looks after what writers have left.
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Parts(mut upload) => drop(timely(self.patience, upload.abort()).await),
            State::Named { begun, .. } => drop(self.store.clean(self.key, Some(&begun), self.patience).await),
            State::Fresh | State::Closed => {}
        }
    }
}
