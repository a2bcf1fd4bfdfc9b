//! Two instances that share their stores.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use apitest::{Answer, Api, Raw};
use mediaapp::Settings;
use mediabus::Business;
use stores::{Address, Limits, Store, Stores};
use tempfile::TempDir;
use tokio::runtime::Handle;
use types::Role;

/// Where the media are of a film that is there.
pub(crate) const MEDIA: &str = "/v1/movies/00000000-0000-7000-8000-000000000001/media";

/// The most bytes of an upload.
pub(crate) const MAX_SIZE: u64 = 4 << 20;

/// How long a client may send nothing.
pub(crate) const IDLE: Duration = Duration::from_millis(1500);

/// How long a call to a store may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two instances at work.
pub(crate) struct Ground {
    pub(crate) api: Api,
    pub(crate) media: Business,
    _folder: TempDir,
}

impl Ground {
    /// On three folders.
    pub(crate) async fn new() -> Self {
        Self::with(|folder| ["one", "two", "three"].map(|name| in_folder(&folder.join(name))).into()).await
    }

    /// On these stores.
    pub(crate) async fn with(stores: impl Fn(&Path) -> Vec<Store>) -> Self {
        Self::serve(stores, Duration::from_secs(600), 4).await
    }

    pub(crate) async fn serve(stores: impl Fn(&Path) -> Vec<Store>, lifetime: Duration, uploads: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at_once = NonZeroUsize::new(uploads).unwrap();
        let limits = Limits { uploads: at_once, behind: at_once, patience: PATIENCE };
        let opened = stores(folder.path());
        let stores = || Stores::new(opened.clone(), limits, Handle::current());
        let settings = Settings { max_size: MAX_SIZE, idle: IDLE };
        let api =
            Api::start(2, |db| mediaapp::routes(db.clone(), Business::new(db, stores(), lifetime), settings)).await;
        api.spoil(include_str!("../../../../../business/domain/moviebus/tests/ground.sql")).await;
        let media = Business::new(api.db().clone(), stores(), lifetime);
        Self { api, media, _folder: folder }
    }

    /// Uploads an image to the first instance.
    pub(crate) async fn upload(&self, image: &[u8]) -> Answer {
        self.api.post(MEDIA).by(Role::Editor).body("image/png", image).send().await
    }

    /// Uploads an image, and gives its link.
    pub(crate) async fn link(&self, image: &[u8]) -> String {
        self.upload(image).await.expect(201).header("location").to_owned()
    }

    /// Begins an upload byte by byte.
    pub(crate) async fn begin(&self, fields: &str, body: impl AsRef<[u8]>) -> Raw {
        let mut raw = Raw::connect(&self.api).await;
        let head = format!(
            "POST {MEDIA} HTTP/1.1\r\nHost: films\r\nAuthorization: Bearer {}\r\n{fields}\r\n",
            self.api.token(Role::Editor)
        );
        raw.send(head).await;
        raw.send(body).await;
        raw
    }

    /// The media that there are.
    pub(crate) async fn count(&self) -> u64 {
        self.api.get(format!("{MEDIA}?total=true")).send().await.expect(200).json()["total"].as_u64().unwrap()
    }
}

pub(crate) fn in_folder(folder: &Path) -> Store {
    Store::open(&Address::folder(folder.to_owned()), PATIENCE, &Handle::current()).unwrap()
}

/// An image of so many bytes, as far as anybody looks.
pub(crate) fn image(size: usize) -> Vec<u8> {
    let begin = b"\x89PNG\r\n\x1a\n".iter().copied();
    begin.chain((0..).map(|number: usize| (number * 7 + number / 251) as u8)).take(size).collect()
}
