//! One store.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::SpawnedReqwestConnector;
use object_store::local::LocalFileSystem;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Handle;

use crate::address::{Address, Bucket, Place};
use crate::error::{Error, timely};
use crate::key::Key;

/// How long connecting to a store may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a store that failed to give a file is asked after the others.
const SHUNNED: Duration = Duration::from_secs(10);

/// How many writers of one file in a folder may have ended before one that was killed.
const GAP: u32 = 4;

/// How often a request is tried again within its time.
const RETRIES: usize = 2;

/// A store. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    name: String,
    objects: Arc<dyn ObjectStore>,
    kind: Kind,
    since: Instant,
    /// When it last failed to give a file, in milliseconds after `since`; 0: never.
    failed: AtomicU64,
}

/// How a store keeps the parts of an unfinished file.
pub(crate) enum Kind {
    /// In a file beside the finished one, whose name is that of the finished one, `#`, and a number.
    Folder(LocalFileSystem),
    /// Under a name of its own, which whoever wants to remove them has to know.
    Bucket {
        /// The bucket.
        parts: Box<AmazonS3>,
        /// The folder within it.
        prefix: Path,
    },
    /// In some way of its own.
    Other,
}

impl Store {
    /// The store at this address; `runtime` talks to it, if it is one of S3. A folder is made when it is not there.
    ///
    /// # Errors
    /// The folder cannot be made, or the address cannot be used.
    pub fn open(address: &Address, patience: Duration, runtime: &Handle) -> Result<Self, Error> {
        match &address.place {
            Place::Folder(path) => Self::folder(address.name.clone(), path),
            Place::Bucket(bucket) => Self::bucket(address.name.clone(), bucket, patience, runtime),
        }
    }

    /// Any other store, such as one that a test makes.
    pub fn new(name: impl Into<String>, objects: Arc<dyn ObjectStore>) -> Self {
        Self::of(name.into(), objects, Kind::Other)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn objects(&self) -> &dyn ObjectStore {
        self.0.objects.as_ref()
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// Removes the file.
    pub(crate) async fn delete(&self, key: Key, patience: Duration) -> Result<(), Error> {
        match timely(patience, self.objects().delete(&key.path())).await {
            Err(error) if error.is_not_found() => Ok(()),
            outcome => outcome,
        }
    }

    /// Removes what an interrupted writer left of the file.
    pub(crate) async fn clean(&self, key: Key, begun: Option<&str>, patience: Duration) -> Result<(), Error> {
        match (self.kind(), begun) {
            (Kind::Folder(folder), _) => {
                let file = folder.path_to_filesystem(&key.path())?;
                let removal = tokio::task::spawn_blocking(move || remove_staged(&file));
                let removed = async { removal.await.map_err(|_| Error::Stopped)?.map_err(of_folder) };
                timely(patience, removed).await
            }
            (Kind::Bucket { parts, .. }, Some(begun)) => {
                let path = self.place(key);
                match timely(patience, parts.abort_multipart(&path, &begun.to_owned())).await {
                    Err(error) if error.is_not_found() => Ok(()),
                    // Who may not end it leaves it to the bucket's own rule for uploads that nobody finishes.
                    Err(Error::Failed(object_store::Error::PermissionDenied { .. })) => Ok(()),
                    outcome => outcome,
                }
            }
            (Kind::Bucket { .. } | Kind::Other, _) => Ok(()),
        }
    }

    /// Where the file lies in a bucket.
    pub(crate) fn place(&self, key: Key) -> Path {
        match self.kind() {
            Kind::Bucket { prefix, .. } => {
                prefix.parts().chain(key.path().parts().map(|part| part.as_ref().to_owned().into())).collect()
            }
            Kind::Folder(_) | Kind::Other => key.path(),
        }
    }

    /// Whether it failed to give a file of late.
    pub(crate) fn is_shunned(&self) -> bool {
        let failed = self.0.failed.load(Ordering::Relaxed);
        failed > 0 && self.now().saturating_sub(failed) < u64::try_from(SHUNNED.as_millis()).unwrap_or(u64::MAX)
    }

    /// It failed to give a file, or gave one.
    pub(crate) fn note(&self, failed: bool) {
        self.0.failed.store(if failed { self.now() } else { 0 }, Ordering::Relaxed);
    }

    /// Milliseconds, never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    fn folder(name: String, path: &FilePath) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(of_folder)?;
        // A file that was acknowledged survives the loss of power.
        let folder = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self::of(name, Arc::new(folder.clone()), Kind::Folder(folder)))
    }

    fn bucket(name: String, bucket: &Bucket, patience: Duration, runtime: &Handle) -> Result<Self, Error> {
        // No limit on a whole answer, which may be a large file: every wait within it has one.
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT.min(patience))
            .with_timeout_disabled()
            .with_read_timeout(patience);
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: patience, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_client_options(client)
            .with_retry(retry)
            .with_disable_bulk_delete(true)
            .with_http_connector(SpawnedReqwestConnector::new(runtime.clone()));
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some((key, secret)) = &bucket.credentials {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        }
        let parts = builder.build()?;
        let prefix = Path::parse(&bucket.prefix).map_err(object_store::Error::from)?;
        let objects = Arc::new(PrefixStore::new(parts.clone(), prefix.clone()));
        Ok(Self::of(name, objects, Kind::Bucket { parts: Box::new(parts), prefix }))
    }

    fn of(name: String, objects: Arc<dyn ObjectStore>, kind: Kind) -> Self {
        Self(Arc::new(Inner { name, objects, kind, since: Instant::now(), failed: AtomicU64::new(0) }))
    }
}

/// A failure of a folder that the crate for stores has no part in.
pub(crate) fn of_folder(error: std::io::Error) -> Error {
    Error::Failed(object_store::Error::Generic { store: "folder", source: error.into() })
}

/// Removes what writers of `file` that were killed have left: they take the first number that is free, so that there are
/// few gaps before the last one.
fn remove_staged(file: &FilePath) -> std::io::Result<()> {
    let (mut number, mut gap) = (1_u32, 0);
    while gap < GAP {
        let mut staged = file.as_os_str().to_owned();
        staged.push(format!("#{number}"));
        match std::fs::remove_file(PathBuf::from(staged)) {
            Ok(()) => gap = 0,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => gap += 1,
            Err(error) => return Err(error),
        }
        number += 1;
    }
    Ok(())
}
