//! A store in memory that is as slow as it is told, or fails.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// A store that does as it is told.
#[derive(Debug)]
pub struct Faulty {
    inner: InMemory,
    how: Arc<How>,
}

/// How a store behaves; it may be told otherwise at any time.
#[derive(Debug, Default)]
pub struct How {
    dead: AtomicBool,
    /// Milliseconds that each call takes longer.
    slow: AtomicU64,
    /// Bytes of a file after which reading fails; 0: it doesn't.
    breaks_after: AtomicU64,
    /// Calls that were answered.
    calls: AtomicU64,
}

impl How {
    /// It fails from now on.
    pub fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// It works from now on.
    pub fn live(&self) {
        self.dead.store(false, Ordering::Relaxed);
    }

    /// Each call takes so much longer from now on. A call that has begun keeps its time.
    ///
    /// # Panics
    /// When that is longer than anybody waits.
    pub fn take(&self, longer: Duration) {
        self.slow.store(u64::try_from(longer.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Reading a file fails from now on after so many bytes; 0: it doesn't.
    pub fn break_after(&self, bytes: u64) {
        self.breaks_after.store(bytes, Ordering::Relaxed);
    }

    /// How many calls were answered so far, well or not.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn act(&self) -> Result<()> {
        tokio::time::sleep(Duration::from_millis(self.slow.load(Ordering::Relaxed))).await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.dead.load(Ordering::Relaxed) { Err(failure()) } else { Ok(()) }
    }
}

impl Faulty {
    /// An empty store.
    pub fn new(how: Arc<How>) -> Self {
        Self { inner: InMemory::new(), how }
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store under test")
    }
}

#[derive(Debug)]
struct Parts {
    inner: Box<dyn MultipartUpload>,
    how: Arc<How>,
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (part, how) = (self.inner.put_part(data), Arc::clone(&self.how));
        Box::pin(async move {
            how.act().await?;
            part.await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.how.act().await?;
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.how.act().await?;
        self.inner.abort().await
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.how.act().await?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.how.act().await?;
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(Parts { inner, how: Arc::clone(&self.how) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.how.act().await?;
        let mut found = self.inner.get_opts(location, options).await?;
        let breaks_after = self.how.breaks_after.load(Ordering::Relaxed);
        let GetResultPayload::Stream(chunks) = found.payload else { unreachable!("it is in memory") };
        // Memory gives a file in one piece; a line gives it in many.
        let pieces = chunks.flat_map(|chunk| {
            let pieces: Vec<Result<_>> = match chunk {
                Ok(bytes) => bytes.chunks(1000).map(|piece| Ok(bytes.slice_ref(piece))).collect(),
                Err(error) => vec![Err(error)],
            };
            futures_util::stream::iter(pieces)
        });
        let mut given = 0;
        let broken = pieces.map(move |piece| {
            let piece = piece?;
            given += piece.len() as u64;
            if breaks_after > 0 && given > breaks_after { Err(failure()) } else { Ok(piece) }
        });
        found.payload = GetResultPayload::Stream(broken.boxed());
        Ok(found)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let how = Arc::clone(&self.how);
        let checked = locations.then(move |location| {
            let how = Arc::clone(&how);
            async move {
                how.act().await?;
                location
            }
        });
        self.inner.delete_stream(checked.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn failure() -> object_store::Error {
    object_store::Error::Generic { store: "test", source: "it was told to fail".into() }
}
