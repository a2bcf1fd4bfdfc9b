//! A medium on its way in.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use stores::{Begun, Finished, Outcome, Stores};
use tokio::time::{Instant, sleep_until};
use types::MediaId;

use crate::model::{ContentType, Digest, Medium, NewMedium};
use crate::pulse::{self, Pulse};
use crate::store::Store;
use crate::{Business, Error, key};

/// How long stores may go on after the first one had the medium.
const BEHIND: Duration = Duration::from_secs(120);

/// A medium whose bytes are coming. Dropped, it is never seen, and what is left of it is removed by a job.
pub struct Upload {
    medium_id: MediaId,
    new: NewMedium,
    stores: Stores,
    upload: stores::Upload,
    pulse: Pulse,
    /// The first bytes, until there are enough of them to tell what the medium is.
    begin: BytesMut,
    is_told: bool,
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
    pulse: Pulse,
    stores: Stores,
}

impl Upload {
    pub(crate) async fn begin(store: Store, stores: &Stores, new: NewMedium) -> Result<Self, Error> {
        let medium_id = MediaId::new();
        // The place first: whoever is refused has changed nothing.
        let mut upload = stores.upload(key(medium_id)).map_err(meaning)?;
        let names = stores.names().map(str::to_owned).collect();
        let begun = Instant::now();
        if let Err(error) = store.begin(medium_id, new, pulse::lease(), names).await {
            upload.abandon().await;
            return Err(error);
        }
        let pulse = Pulse::new(medium_id, store, upload.names(), begun);
        Ok(Self { medium_id, new, stores: stores.clone(), upload, pulse, begin: BytesMut::new(), is_told: false })
    }

    /// Waits until there is something to note, whether or not bytes come. Nothing is lost when it is dropped.
    pub async fn news(&mut self) -> News {
        News(self.pulse.next().await.map_or(Noted::Alive, Noted::Begun))
    }

    /// Notes it: that the upload lives, or what is needed to remove what a store keeps of it should it die.
    ///
    /// # Errors
    /// [`Error::Lapsed`], [`Error::Store`]: there is no use in going on.
    pub async fn note(&mut self, News(news): News) -> Result<(), Error> {
        match news {
            Noted::Begun(begun) => Ok(self.pulse.note(begun).await?),
            Noted::Alive => self.pulse.beat().await,
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

    /// Says that all bytes have come, and waits until a store has them, which takes its time for a large file.
    ///
    /// # Errors
    /// [`Error::Misnamed`], [`Error::Stores`], [`Error::Lapsed`], [`Error::Store`]; what came is removed then, by a job.
    pub async fn finish(mut self) -> Result<Arrived, Error> {
        if let Err(error) = self.complete().await {
            self.abandon().await;
            return Err(error);
        }
        let Self { medium_id, new, stores, upload, mut pulse, .. } = self;
        let finished = match finish(upload, &mut pulse).await {
            Ok(finished) => finished,
            Err(error) => {
                pulse.lapse().await;
                return Err(error);
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
        Ok(Arrived { medium, finished, pulse, stores })
    }

    /// Gives the medium up: a job removes what is left of it.
    pub async fn abandon(mut self) {
        self.upload.abandon().await;
        self.pulse.lapse().await;
    }

    /// What is to be done with the last bytes.
    async fn complete(&mut self) -> Result<(), Error> {
        if !self.is_told {
            self.tell().await?;
        }
        self.pulse.beat().await
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

    /// The stores that failed so far, and why, for the log.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.finished.done.iter().filter_map(|(store, outcome)| match outcome {
            Outcome::Stored => None,
            Outcome::Failed(reason) => Some((store.as_str(), reason.as_str())),
            Outcome::GivenUp => Some((store.as_str(), "it was too slow")),
        })
    }

    /// Gives the medium up, which nobody has seen: a job removes it.
    pub async fn abandon(mut self) {
        if self.finished.rest.is_empty() {
            return self.pulse.lapse().await;
        }
        let stores = self.stores.clone();
        // When too much is done behind already, the lease ends by itself.
        let _ = stores.behind(async move {
            self.finished.rest.give_up();
            while self.finished.rest.next().await.is_some() {}
            self.pulse.lapse().await;
        });
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
        if self.finished.rest.is_empty() {
            return;
        }
        // When too many are at work already, these stores are given up: a job finds what they lack.
        let _ = self.stores.clone().behind(self.settled(media));
    }

    /// Waits for the stores, and gives up those that take too long. What is not noted here, because the database is away, a
    /// job finds.
    async fn settled(mut self, media: Business) {
        let (by, mut is_late) = (Instant::now() + BEHIND, false);
        let rest = &mut self.finished.rest;
        loop {
            tokio::select! {
                biased;
                // The name first: whoever is told that the store failed needs it.
                begun = self.pulse.begun() => drop(self.pulse.note(begun).await),
                ended = rest.next() => match ended {
                    Some((store, outcome)) => {
                        drop(media.note(self.medium.id, &store, outcome == Outcome::Stored).await);
                    }
                    None => break,
                },
                () = sleep_until(by), if !is_late => {
                    rest.give_up();
                    is_late = true;
                }
            }
        }
        let _ = self.pulse.note_all().await;
    }
}

/// Waits until a store has the file, and says meanwhile that the upload lives.
async fn finish(upload: stores::Upload, pulse: &mut Pulse) -> Result<Finished, Error> {
    let mut finished = std::pin::pin!(upload.finish());
    let finished = loop {
        tokio::select! {
            finished = &mut finished => break finished.map_err(meaning)?,
            news = pulse.next() => match news {
                // What cannot be noted now is once more when it has come.
                Some(begun) => drop(pulse.note(begun).await),
                None => pulse.beat().await?,
            },
        }
    };
    let _ = pulse.note_all().await;
    Ok(finished)
}

/// What a failure of stores means for media.
fn meaning(error: stores::Error) -> Error {
    match error {
        stores::Error::Busy => Error::Busy,
        other => Error::Stores(other),
    }
}
