//! What is not as it should be, and the jobs that mend it.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use jobs::{Failure, Job, Runner, Schedule, ScheduleError};
use serde::{Deserialize, Serialize};
use sqldb::Tx;
use stores::Content;
use types::MediaId;
use uuid::Uuid;

use crate::store::{Copy, Store};
use crate::{Business, Error, STORED, event, key};

/// How many rows one run looks after.
const BATCH: i64 = 200;

/// How many copies one run finds that new stores lack.
const LACKING: i64 = 10_000;

/// How long a copy may be missing before it is asked whether its job is still there: a job that was given up, or dropped by
/// hand, is made again.
const FORGOTTEN: TimeDelta = TimeDelta::minutes(15);

/// How long a copy may be in the making before its writer is taken for dead: much longer than any writer goes on.
const WRITING: TimeDelta = TimeDelta::minutes(10);

/// Copies a medium to a store that lacks it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Repair {
    medium_id: Uuid,
    store: String,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Media that are gone from all stores.
    pub removed: u64,
    /// Copies that are to be made, for which there is a job now.
    pub repairs: u64,
}

impl Job for Repair {
    const NAME: &'static str = "media.repair";
    const LANE: &'static str = "media";
    const ATTEMPTS: i16 = 20;
    /// A gigabyte over a slow line.
    const DEADLINE: Duration = Duration::from_secs(30 * 60);
}

impl Business {
    /// Gives the runner what copies media to the stores that lack them, removes what is left over, notices new stores.
    ///
    /// # Errors
    /// A schedule is none.
    pub fn register(&self, runner: Runner) -> Result<Runner, ScheduleError> {
        let (copied, swept, surveyed) = (self.clone(), self.clone(), self.clone());
        Ok(runner
            .on::<Repair, _>(move |repair| {
                let media = copied.clone();
                async move { media.repair(&repair).await }
            })
            .cron("media.sweep", Schedule::parse("* * * * *")?, move || {
                let media = swept.clone();
                async move { media.sweep().await.map(drop).map_err(|error| Failure::retry(&error)) }
            })
            .cron("media.survey", Schedule::parse("23 * * * *")?, move || {
                let media = surveyed.clone();
                async move { media.survey().await.map(drop).map_err(|error| Failure::retry(&error)) }
            }))
    }

    /// Copies the medium to the store, unless it has it or nobody sees the medium any more.
    ///
    /// # Errors
    /// No store gives it as it was, or the one that lacks it doesn't take it.
    pub async fn repair(&self, repair: &Repair) -> Result<(), Failure> {
        let medium_id = MediaId::restore(repair.medium_id);
        let Some(medium) = self.store.query_by_id(medium_id).await? else {
            // An earlier attempt may have written it after all others had removed it.
            return match self.stores.remove(&repair.store, key(medium_id), None).await {
                Ok(()) | Err(stores::Error::NoStore) => Ok(()),
                Err(error) => Err(Failure::retry(&error)),
            };
        };
        let copies = self.store.copies(medium_id).await?;
        let content = Content { size: medium.size, sha256: *medium.sha256.bytes() };
        let mut last = Failure::Retry("no store is known to have it".to_owned());
        // One source at a time: if what it gives is not what it was given, it is known whose copy is spoilt.
        let mut spoilt = Vec::new();
        for source in copies.iter().filter(|copy| copy.status == STORED) {
            // Anew each time: the parts have another name then.
            let lacking = self.store.copies(medium_id).await?.into_iter();
            let mut lacking = lacking.filter(|copy| copy.store == repair.store && copy.status != STORED);
            let Some(lacking) = lacking.next() else { return Ok(()) };
            let from = std::slice::from_ref(&source.store);
            let keep = async |parts: String| self.store.keep_parts(medium_id, &repair.store, &parts).await.is_ok();
            match self.stores.copy(key(medium_id), content, from, &repair.store, lacking.parts.as_deref(), keep).await {
                Ok(()) => {
                    for store in spoilt {
                        self.lack(medium_id, store).await.map_err(|error| Failure::retry(&error))?;
                    }
                    return self.note(medium_id, &repair.store, true).await.map_err(|error| Failure::retry(&error));
                }
                Err(error) => {
                    if matches!(error, stores::Error::Corrupt) {
                        spoilt.push(&source.store);
                    }
                    last = Failure::retry(&error);
                }
            }
        }
        Err(last)
    }

    /// Notes whether a store has a medium, and has it copied there if not. What is there of a medium that nobody sees is
    /// removed.
    pub(crate) async fn note(&self, medium_id: MediaId, store: &str, stored: bool) -> Result<(), Error> {
        if !stored {
            return self.lack(medium_id, store).await;
        }
        if !self.store.note(medium_id, store, true).await? {
            // Its film went while it was written, and so did what the store had of it then.
            self.stores.remove(store, key(medium_id), None).await.map_err(Error::Stores)?;
        }
        Ok(())
    }

    /// Notes that a store lacks a medium, and has it copied there.
    pub(crate) async fn lack(&self, medium_id: MediaId, store: &str) -> Result<(), Error> {
        self.db
            .atomic(async |tx| {
                if Store::new(tx.db()).note(medium_id, store, false).await? {
                    enqueue(&tx, medium_id, vec![store.to_owned()]).await?;
                }
                Ok(())
            })
            .await
    }

    /// Removes what uploads left that broke off, and media whose films are gone, from the stores as well; has copied what
    /// stores lack. Run it now and then.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Stores`] when all was done but for what a store did not remove, which it is asked to at the
    /// next run.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        self.take_leave().await?;
        let names: Vec<String> = self.stores.names().map(str::to_owned).collect();
        let failure = self.remove(self.store.removals(names.clone(), BATCH).await?).await?;
        let removed = self.store.bury().await?;
        self.store.give_up_writing(WRITING).await?;
        let mut repairs = 0;
        for copy in self.store.missing(names, FORGOTTEN, BATCH).await? {
            let repair = Repair { medium_id: copy.medium_id, store: copy.store.clone() };
            let is_news = self.db.atomic(async |tx| {
                Store::new(tx.db()).put_off(&copy).await?;
                jobs::enqueue_once(&tx, &repair, &repair.unique()).await
            });
            repairs += u64::from(is_news.await?);
        }
        failure.map_or(Ok(Swept { removed, repairs }), |error| Err(Error::Stores(error)))
    }

    /// Finds media that stores lack which were added after them, and says how many copies that makes; the next sweeps have them
    /// copied. It reads the whole table: run it now and then.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn survey(&self) -> Result<u64, Error> {
        Ok(self.store.note_lacking(self.stores.names().map(str::to_owned).collect(), LACKING).await?)
    }

    /// Lets nobody see what is to go, and tells of it.
    async fn take_leave(&self) -> Result<(), Error> {
        self.db
            .atomic(async |tx| {
                let left = Store::new(tx.db()).take_leave(BATCH).await?;
                let told: Vec<_> = left.iter().map(event::deleted).collect();
                Ok(changes::record(&tx, &told).await?)
            })
            .await
    }

    /// Removes these copies, and gives the first failure of a store. One that fails is left alone for the rest of the run.
    async fn remove(&self, copies: Vec<Copy>) -> Result<Option<stores::Error>, Error> {
        let (mut failing, mut first) = (HashSet::new(), None);
        for copy in copies {
            if failing.contains(&copy.store) {
                // Behind those of the stores that work, of which there is room for the next time.
                self.store.put_off(&copy).await?;
                continue;
            }
            let key = key(MediaId::restore(copy.medium_id));
            match self.stores.remove(&copy.store, key, copy.parts.as_deref()).await {
                Ok(()) => self.store.forget(&copy).await?,
                Err(error) => {
                    first.get_or_insert(error);
                    self.store.put_off(&copy).await?;
                    failing.insert(copy.store);
                }
            }
        }
        Ok(first)
    }
}

impl Repair {
    /// No two of one copy wait at a time: the key is a digest, since a store's name may be longer than keys are.
    fn unique(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.store.as_bytes());
        let hash: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}/{}/{hash}", Self::NAME, self.medium_id)
    }
}

/// Has the medium copied to these stores.
pub(crate) async fn enqueue(tx: &Tx, medium_id: MediaId, stores: Vec<String>) -> Result<(), sqldb::Error> {
    for store in stores {
        let repair = Repair { medium_id: medium_id.uuid(), store };
        jobs::enqueue_once(tx, &repair, &repair.unique()).await?;
    }
    Ok(())
}
