//! Media to test with.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dbtest::Database;
use futures_util::TryStreamExt as _;
use mediabus::{Arrived, Business, ContentType, Error, Medium, NewMedium};
use stores::{Limits, Store, Stores};
use storetest::{Faulty, How};
use tokio::runtime::Handle;
use types::MovieId;
use uuid::Uuid;

/// The names of the stores.
pub(crate) const NAMES: [&str; 3] = ["one", "two", "three"];

/// How long a call to a store may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A business on a database and three stores of its own.
pub(crate) struct Ground {
    pub(crate) media: Business,
    pub(crate) how: [Arc<How>; 3],
    objects: Vec<Arc<Faulty>>,
    pub(crate) stores: Stores,
    pub(crate) database: Database,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        database.execute(include_str!("../../../moviebus/tests/ground.sql")).await;
        let how: [Arc<How>; 3] = std::array::from_fn(|_| Arc::default());
        let objects: Vec<Arc<Faulty>> = how.iter().map(|how| Arc::new(Faulty::new(Arc::clone(how)))).collect();
        let stores = NAMES.iter().zip(&objects).map(|(name, objects)| Store::new(*name, Arc::clone(objects) as _));
        let at_once = NonZeroUsize::new(4).unwrap();
        let limits = Limits { uploads: at_once, behind: at_once, patience: PATIENCE };
        let stores = Stores::new(stores.collect(), limits, Handle::current());
        let media = Business::new(database.db(), stores.clone(), Duration::from_secs(60));
        Self { media, how, objects, stores, database }
    }

    /// The business on the same database, with these stores alone.
    pub(crate) fn of(&self, stores: &Stores) -> Business {
        Business::new(self.database.db(), stores.clone(), Duration::from_secs(60))
    }

    /// A medium that a store has all of, and that nobody sees.
    pub(crate) async fn arrived(&self, content: &Bytes) -> Result<Arrived, Error> {
        let mut upload = self.media.begin(png()).await?;
        for piece in content.chunks(100_000) {
            upload.write(content.slice_ref(piece)).await?;
        }
        upload.finish().await
    }

    /// A medium that everybody sees; the stores that are still at work finish behind.
    pub(crate) async fn add(&self, content: &Bytes) -> Medium {
        let arrived = self.arrived(content).await.unwrap();
        let medium = self.media.create(&arrived).await.unwrap();
        self.media.settle(arrived);
        medium
    }

    /// Puts something else in the place of a file, behind the back of everybody.
    pub(crate) async fn spoil(&self, name: &str, key: stores::Key) {
        let at = NAMES.iter().position(|known| *known == name).unwrap();
        let store = Store::new(name, Arc::clone(&self.objects[at]) as _);
        let limits = Limits { uploads: NonZeroUsize::MIN, behind: NonZeroUsize::MIN, patience: PATIENCE };
        let mut upload = Stores::new(vec![store], limits, Handle::current()).upload(key).unwrap();
        upload.write(image(1000).slice(1..)).await.unwrap();
        upload.write(Bytes::from_static(b"x")).await.unwrap();
        upload.finish().await.unwrap();
    }

    /// What is read of a medium.
    pub(crate) async fn read(&self, medium: &Medium) -> Result<Bytes, Error> {
        let reader = self.media.read(medium, 0..medium.size).await?;
        Ok(reader.try_collect::<Vec<_>>().await.map_err(Error::Stores)?.concat().into())
    }

    /// The first column of a query's rows.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let rows = dbtest::server().query(self.database.name(), sql).unwrap();
        rows.into_iter().filter_map(|row| row.into_iter().next()?).collect()
    }

    /// What the stores have of all media: `one stored`, `two missing`, ...
    pub(crate) fn copies(&self) -> Vec<String> {
        self.rows("SELECT store || ' ' || status FROM media_copies ORDER BY medium_id, store")
    }

    /// Waits until the copies are these.
    pub(crate) async fn wait_for_copies(&self, expected: &[&str]) {
        for _ in 0..2000 {
            if self.copies() == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(self.copies(), expected);
    }
}

/// The id of one of the two films.
pub(crate) fn movie(number: u128) -> MovieId {
    MovieId::restore(Uuid::from_u128(0x7000_8000_0000_0000_0000 + number))
}

pub(crate) fn png() -> NewMedium {
    NewMedium { movie_id: movie(1), content_type: ContentType::Png }
}

/// An image of so many bytes, as far as anybody looks.
pub(crate) fn image(size: usize) -> Bytes {
    let begin = b"\x89PNG\r\n\x1a\n".iter().copied();
    begin.chain((0..).map(|number: usize| (number * 7 + number / 251) as u8)).take(size).collect()
}
