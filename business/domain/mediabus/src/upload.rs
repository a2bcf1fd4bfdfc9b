//! A medium on its way in.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use stores::{Begun, Finished, Outcome, Stores};
use tokio::time::{Instant, sleep_until, timeout_at};
use types::MediaId;

use crate::model::{ContentType, Digest, Medium, NewMedium};
use crate::store::Store;
use crate::{Business, Error, key};

/// How long an upload may be silent before it is taken for dead.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// How often it says that it lives.
const BEAT: Duration = Duration::from_secs(20);

/// How long stores may go on after the first one had the medium.
const BEHIND: Duration = Duration::from_secs(120);

/// A medium whose bytes are coming. Dropped, it is never seen, and what is left of it is removed by a job.
pub struct Upload {
    medium_id: MediaId,
    new: NewMedium,
    store: Store,
    upload: stores::Upload,
    /// The first bytes, until there are enough of them to tell what the medium is.
    begin: BytesMut,
    is_told: bool,
    beat: Instant,
}

/// What an upload has to note while its bytes come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News(Noted);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Noted {
    /// It lives.
    Alive,
    /// A store has begun to keep parts.
    Begun(Begun),
}

/// A medium that a store has all of, and that nobody sees yet. Dropped, it is never seen, and removed by a job.
pub struct Arrived {
    pub(crate) medium: Medium,
    finished: Finished,
    store: Store,
}

impl Upload {
    pub(crate) async fn begin(store: Store, stores: &Stores, new: NewMedium) -> Result<Self, Error> {
        let medium_id = MediaId::new();
        // The place first: whoever is refused has changed nothing.
        let upload = stores.upload(key(medium_id)).map_err(meaning)?;
        let names = stores.names().map(str::to_owned).collect();
        if let Err(error) = store.begin(medium_id, new, LEASE, names).await {
            upload.abandon().await;
            return Err(error);
        }
        let begin = BytesMut::new();
        Ok(Self { medium_id, new, store, upload, begin, is_told: false, beat: Instant::now() })
    }

    /// Waits until there is something to note, whether or not bytes come. Nothing is lost when it is dropped.
    pub async fn news(&mut self) -> News {
        tokio::select! {
            begun = self.upload.begun() => News(Noted::Begun(begun)),
            () = sleep_until(self.beat + BEAT) => News(Noted::Alive),
        }
    }

    /// Notes it: that the upload lives, or what is needed to remove what a store keeps of it should it die.
    ///
    /// # Errors
    /// [`Error::Lapsed`], [`Error::Store`]: there is no use in going on.
    pub async fn note(&mut self, News(news): News) -> Result<(), Error> {
        match news {
            Noted::Begun(begun) => Ok(self.store.keep_parts(self.medium_id, &begun.store, &begun.parts).await?),
            Noted::Alive => {
                self.beat = Instant::now();
                if self.store.renew(self.medium_id, LEASE).await? { Ok(()) } else { Err(Error::Lapsed) }
            }
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::Misnamed`], [`Error::Stores`]: there is no use in going on.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        if !self.is_told {
            self.begin.extend_from_slice(&bytes);
            if self.begin.len() < ContentType::TELLING {
                return Ok(());
            }
            return self.tell().await;
        }
        self.upload.write(bytes).await.map_err(meaning)
    }

    /// Says that all bytes have come, and waits until a store has them.
    ///
    /// # Errors
    /// [`Error::Misnamed`], [`Error::Stores`], [`Error::Lapsed`], [`Error::Store`]; what came is removed then, by a job.
    pub async fn finish(mut self) -> Result<Arrived, Error> {
        if let Err(error) = self.complete().await {
            self.abandon().await;
            return Err(error);
        }
        let Self { medium_id, new, store, upload, .. } = self;
        let finished = match upload.finish().await {
            Ok(finished) => finished,
            Err(error) => {
                // Should this fail, the lease ends by itself.
                let _ = store.lapse(medium_id).await;
                return Err(meaning(error));
            }
        };
        let medium = Medium {
            id: medium_id,
            movie_id: new.movie_id,
            kind: new.content_type.kind(),
            content_type: new.content_type,
            size: finished.size,
            sha256: Digest::new(finished.sha256),
            created_at: types::now(),
        };
        Ok(Arrived { medium, finished, store })
    }

    /// Gives the medium up: a job removes what is left of it.
    pub async fn abandon(self) {
        self.upload.abandon().await;
        // Should this fail, the lease ends by itself.
        let _ = self.store.lapse(self.medium_id).await;
    }

    /// What is to be done with the last bytes. Closing a large file takes its time, of which the stores have all.
    async fn complete(&mut self) -> Result<(), Error> {
        if !self.is_told {
            self.tell().await?;
        }
        self.note(News(Noted::Alive)).await
    }

    /// Looks whether the first bytes are what they are said to be, and takes them if so.
    async fn tell(&mut self) -> Result<(), Error> {
        let begin = std::mem::take(&mut self.begin).freeze();
        if !self.new.content_type.begins(&begin[..begin.len().min(ContentType::TELLING)]) {
            return Err(Error::Misnamed(self.new.content_type));
        }
        self.is_told = true;
        self.upload.write(begin).await.map_err(meaning)
    }
}

impl Arrived {
    /// Identifies the medium that it will be.
    pub fn id(&self) -> MediaId {
        self.medium.id
    }

    /// SHA-256 of what came.
    pub fn sha256(&self) -> &[u8; 32] {
        self.medium.sha256.bytes()
    }

    /// Gives the medium up, which nobody has seen: a job removes it.
    pub async fn abandon(self) {
        // Should this fail, the lease ends by itself.
        let _ = self.store.lapse(self.medium.id).await;
    }

    /// The stores that are done with it, and whether they have it.
    pub(crate) fn copies(&self) -> Vec<(String, bool)> {
        let copy = |(store, outcome): &(String, Outcome)| (store.clone(), *outcome == Outcome::Stored);
        self.finished.done.iter().map(copy).collect()
    }

    /// The stores that are known to lack it.
    pub(crate) fn lacking(&self) -> Vec<String> {
        self.copies().into_iter().filter(|(_, stored)| !stored).map(|(store, _)| store).collect()
    }

    /// Waits in the background for the stores that are still at work.
    pub(crate) fn settle(self, media: Business) {
        let Self { medium, finished: Finished { mut rest, .. }, .. } = self;
        if rest.is_empty() {
            return;
        }
        let stores = media.stores.clone();
        let work = async move {
            let by = Instant::now() + BEHIND;
            // What is not noted here, because it takes too long or the database is away, a job finds.
            while let Ok(Some((store, outcome))) = timeout_at(by, rest.next()).await {
                let _ = media.note(medium.id, &store, outcome == Outcome::Stored).await;
            }
        };
        // When too many are at work already, these stores are given up: a job finds what they lack.
        let _ = stores.behind(work);
    }
}

/// What a failure of stores means for media.
fn meaning(error: stores::Error) -> Error {
    match error {
        stores::Error::Busy => Error::Busy,
        other => Error::Stores(other),
    }
}
