//! Three stores under test.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::ObjectStore;
use stores::{Error, Key, Limits, Outcome, Rest, Store, Stores};
use storetest::{Faulty, How};
use tokio::runtime::Handle;
use uuid::Uuid;

/// How long a call may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Three stores, and how each behaves.
pub(crate) struct Ground {
    pub(crate) stores: Stores,
    pub(crate) how: [Arc<How>; 3],
    objects: Vec<Arc<dyn ObjectStore>>,
}

pub(crate) const NAMES: [&str; 3] = ["one", "two", "three"];

impl Ground {
    pub(crate) fn new() -> Self {
        Self::with(Limits { uploads: at_once(4), behind: at_once(4), patience: PATIENCE })
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let how: [Arc<How>; 3] = std::array::from_fn(|_| Arc::default());
        let objects: Vec<Arc<dyn ObjectStore>> =
            how.iter().map(|how| Arc::new(Faulty::new(Arc::clone(how))) as _).collect();
        let stores = NAMES.iter().zip(&objects).map(|(name, objects)| Store::new(*name, Arc::clone(objects)));
        Self { stores: Stores::new(stores.collect(), limits, Handle::current()), how, objects }
    }

    /// Whether each store has a file.
    pub(crate) async fn files(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for (count, objects) in counts.iter_mut().zip(&self.objects) {
            *count = objects.list(None).try_collect::<Vec<_>>().await.unwrap().len();
        }
        counts
    }

    /// Writes a file, and waits for all stores; what became of it in each, in the order of their names.
    pub(crate) async fn put(&self, key: Key, content: &Bytes) -> [Outcome; 3] {
        let mut upload = self.stores.upload(key).unwrap();
        upload.write(content.clone()).await.unwrap();
        let finished = upload.finish().await.unwrap();
        outcomes(finished.done, finished.rest).await
    }

    pub(crate) async fn get(&self, key: Key, range: std::ops::Range<u64>, names: &[&str]) -> Result<Bytes, Error> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let chunks: Vec<Bytes> = self.stores.read(key, range, &names).await?.try_collect().await?;
        Ok(chunks.concat().into())
    }
}

/// What became of a file in each store, in the order of their names.
pub(crate) async fn outcomes(mut done: Vec<(String, Outcome)>, mut rest: Rest) -> [Outcome; 3] {
    while let Some(outcome) = rest.next().await {
        done.push(outcome);
    }
    NAMES.map(|name| done.iter().find(|(store, _)| store == name).unwrap().1.clone())
}

pub(crate) fn key() -> Key {
    Key::new("media", Uuid::now_v7())
}

/// So many bytes, none like the next.
pub(crate) fn bytes(count: usize) -> Bytes {
    (0..count).map(|number| (number * 7 + number / 251) as u8).collect()
}

/// Notes the name of parts.
pub(crate) async fn noted(_: String) -> bool {
    true
}

pub(crate) fn at_once(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}
