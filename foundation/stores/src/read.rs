//! A file, or a part of it, from whichever store gives it.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, GetResultPayload};

use crate::Stores;
use crate::error::{Error, timely};
use crate::key::Key;
use crate::store::{Store, of_folder};

/// How much of a file in a folder is read at a time.
const CHUNK: u64 = 128 << 10;

/// How long a store may take to open a file while others could give it.
const OPENING: Duration = Duration::from_secs(3);

/// The bytes of a file, in chunks.
pub struct Reader {
    chunks: BoxStream<'static, Result<Bytes, Error>>,
    lost: Vec<String>,
}

/// What is left to read, and of whom.
struct Source {
    stores: std::vec::IntoIter<Store>,
    key: Key,
    range: Range<u64>,
    patience: Duration,
    /// The store that is read from.
    open: Option<(Store, BoxStream<'static, Result<Bytes, Error>>)>,
    /// Stores that say that they do not have the file.
    lost: Vec<String>,
    /// What went wrong, store by store.
    failures: Vec<String>,
}

impl Stores {
    /// The bytes `range` of a file that the stores of these names have, from the first that gives them. One that fails on the
    /// way is followed by the next, from the same place on: files never change.
    ///
    /// # Errors
    /// [`Error::AllFailed`] when none gives a first byte; [`Error::NoStore`] when none has one of the names.
    pub async fn read(&self, key: Key, range: Range<u64>, names: &[String]) -> Result<Reader, Error> {
        let has_it = |store: &&Store| names.iter().any(|name| name == store.name());
        let mut stores: Vec<Store> = self.0.stores.iter().filter(has_it).cloned().collect();
        if stores.is_empty() {
            return Err(Error::NoStore);
        }
        // Those that failed of late come last.
        stores.sort_by_key(Store::is_shunned);
        let mut source = Source {
            stores: stores.into_iter(),
            key,
            range,
            patience: self.0.patience,
            open: None,
            lost: Vec::new(),
            failures: Vec::new(),
        };
        let first = source.chunk().await?;
        let lost = source.lost.clone();
        let rest =
            stream::try_unfold(source, async |mut source| Ok(source.chunk().await?.map(|chunk| (chunk, source))));
        Ok(Reader { chunks: stream::iter(first.map(Ok)).chain(rest).boxed(), lost })
    }
}

impl Reader {
    /// The stores that said, before the first byte came from another, that they do not have the file.
    pub fn lost(&self) -> &[String] {
        &self.lost
    }
}

impl Stream for Reader {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(context)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Source {
    /// The next chunk; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.range.is_empty() {
            let Some((store, mut chunks)) = self.open.take() else {
                self.open_next().await?;
                continue;
            };
            let next = timely(self.patience, async { chunks.try_next().await }).await;
            match next {
                Ok(Some(mut chunk)) => {
                    // A store that gives more than it was asked for must not give more than was promised.
                    chunk.truncate(usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX));
                    self.range.start += chunk.len() as u64;
                    self.open = Some((store, chunks));
                    return Ok(Some(chunk));
                }
                Ok(None) => self.failed(&store, &Error::Corrupt),
                Err(error) => self.failed(&store, &error),
            }
        }
        Ok(None)
    }

    /// Opens the file at what is left of it, in the next store that does.
    async fn open_next(&mut self) -> Result<(), Error> {
        let Some(store) = self.stores.next() else {
            return Err(Error::AllFailed(self.failures.join("; ")));
        };
        let limit = if self.stores.len() > 0 { OPENING.min(self.patience) } else { self.patience };
        match timely(limit, open(&store, self.key, self.range.clone())).await {
            Ok(chunks) => {
                store.note(false);
                self.open = Some((store, chunks));
            }
            Err(error) => {
                if error.is_not_found() {
                    self.lost.push(store.name().to_owned());
                }
                self.failed(&store, &error);
            }
        }
        Ok(())
    }

    fn failed(&mut self, store: &Store, error: &Error) {
        store.note(true);
        self.failures.push(format!("{}: {}", store.name(), error.chain()));
    }
}

async fn open(store: &Store, key: Key, range: Range<u64>) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
    let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
    let found = store.objects().get_opts(&key.path(), options).await?;
    Ok(match found.payload {
        GetResultPayload::File(file, _) => chunks_of(file, found.range),
        GetResultPayload::Stream(chunks) => chunks.map_err(Error::from).boxed(),
    })
}

/// What a folder has, read beside the runtime.
fn chunks_of(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
    let state = (Arc::new(file), range);
    let chunks = stream::try_unfold(state, async |(file, range): (Arc<File>, Range<u64>)| {
        if range.is_empty() {
            return Ok(None);
        }
        let size = CHUNK.min(range.end - range.start);
        let (from, reading) = (range.start, Arc::clone(&file));
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; usize::try_from(size).unwrap_or_default()];
            reading.read_exact_at(&mut buffer, from).map(|()| Bytes::from(buffer))
        });
        let chunk = read.await.map_err(|_| Error::Stopped)?;
        let chunk = chunk.map_err(of_folder)?;
        Ok::<_, Error>(Some((chunk, (file, from + size..range.end))))
    });
    chunks.boxed()
}
