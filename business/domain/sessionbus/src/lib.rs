//! Everything the product knows about sessions.
//!
//! A session begins with a sign-in and lives on by its refresh token: each refresh spends the token and gives another.
//! A spent token that comes again was copied. Nobody can tell the thief from the owner, so the session ends for both, and
//! its user is told (RFC 9700, section 4.14.2).

mod event;
mod filter;
mod model;
mod store;

use std::collections::HashSet;

use chrono::TimeDelta;
use paging::{OrderBy, Page, Slice};
use sqldb::{Db, Tx};
use types::{Scope, SecretToken, SessionId, UserId};

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField};
pub use crate::model::{Device, Refreshed, Session, UserAgent};
use crate::store::{Found, Store};

/// How long a session lives, however much it is used.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);

/// How long a session lives that nobody uses.
pub const IDLE: TimeDelta = TimeDelta::days(14);

/// The most sessions of one user. Whoever signs in once more loses the one that was used longest ago.
pub const MOST: u32 = 50;

/// What can be done with sessions. Moments are those of the database's clock, the same for every replica.
#[derive(Clone)]
pub struct Business {
    db: Db,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such session, or not for this caller; or the user who shall have one is gone.
    #[error("no such session")]
    NotFound,
    /// No session has this refresh token: it was never given out, or its session has ended.
    #[error("the refresh token is unknown, or its session has ended")]
    Invalid,
    /// The refresh token was spent before. Somebody has a copy, and the session has ended.
    #[error("the refresh token was used before; its session has ended")]
    Reused {
        /// Whose session it was.
        user_id: UserId,
    },
    /// The operating system gave no random numbers for a token.
    #[error("a token could not be made")]
    Randomness(#[from] types::RandomnessError),
    /// The database failed.
    #[error("sessions could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of sessions, stored in `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &Tx) -> Self {
        Self::new(tx.db())
    }

    /// Begins a session of a user who has just signed in, with the token that refreshes it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user, [`Error::Randomness`], [`Error::Store`].
    pub async fn create(&self, user_id: UserId, device: Device) -> Result<(Session, SecretToken), Error> {
        let token = SecretToken::generate()?;
        let session_id = SessionId::new();
        let (device, digest) = (&device, token.digest());
        let work = async |tx: Tx| {
            let store = Store::new(&tx);
            let session = store.create(session_id, user_id, device).await?;
            store.create_token(session_id, &digest).await?;
            let surplus = store.delete_surplus(user_id).await?;
            let mut news: Vec<_> = surplus.iter().map(event::ended).collect();
            news.push(event::created(&session));
            changes::record(&tx, &news).await?;
            Ok::<_, Error>(session)
        };
        let session = self.db.atomic(work).await?;
        Ok((session, token))
    }

    /// Spends the token of a session for the next one. Of many who try the same token at once, one gets the next.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Reused`], and then the session has ended: within a transaction ([`Business::with_tx`]),
    /// commit it all the same. [`Error::Randomness`], [`Error::Store`].
    pub async fn refresh(&self, token: &SecretToken, device: Device) -> Result<Refreshed, Error> {
        let next = SecretToken::generate()?;
        let (device, spent, digest) = (&device, token.digest(), next.digest());
        let work = async |tx: Tx| {
            let store = Store::new(&tx);
            // Whoever tries a token of this session waits here until everyone before has committed.
            let session = match store.lock_by_token(&spent).await? {
                Some(Found { session, is_live: true }) => session,
                Some(Found { is_live: false, .. }) | None => return Err(Error::Invalid),
            };
            if !store.spend(&spent).await? {
                store.delete(Scope::Any, session.id).await?;
                changes::record(&tx, &[event::reuse_detected(&session)]).await?;
                // No error yet: that the session has ended is to be kept.
                return Ok(Err(session.user_id));
            }
            store.create_token(session.id, &digest).await?;
            Ok(Ok(store.touch(session.id, device).await?))
        };
        match self.db.atomic(work).await? {
            Ok(session) => Ok(Refreshed { session, token: next }),
            Err(user_id) => Err(Error::Reused { user_id }),
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn revoke(&self, scope: Scope, session_id: SessionId) -> Result<(), Error> {
        let work = async |tx: Tx| {
            let session = Store::new(&tx).delete(scope, session_id).await?.ok_or(Error::NotFound)?;
            Ok(changes::record(&tx, &[event::ended(&session)]).await?)
        };
        self.db.atomic(work).await
    }

    /// Ends the sessions of a user, all but one, and says how many there were.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn revoke_all(&self, user_id: UserId, except: Option<SessionId>) -> Result<u64, Error> {
        let work = async |tx: Tx| {
            let ended = Store::new(&tx).delete_all(user_id, except).await?;
            changes::record(&tx, &ended.iter().map(event::ended).collect::<Vec<_>>()).await?;
            Ok(ended.len() as u64)
        };
        self.db.atomic(work).await
    }

    /// A page of the sessions within `scope` that live.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        scope: Scope,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Session>, Error> {
        Ok(store::query(&self.db, scope, &order_by, page).await?)
    }

    /// The session with this id, if it lives.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_id(&self, scope: Scope, session_id: SessionId) -> Result<Session, Error> {
        store::query_by_id(&self.db, scope, session_id).await?.ok_or(Error::NotFound)
    }

    /// Which of these sessions live: what belongs to them works. A look-up by key for each, in one statement.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn live_of(&self, session_ids: &[SessionId]) -> Result<HashSet<SessionId>, Error> {
        Ok(store::live_of(&self.db, session_ids).await?)
    }

    /// Ends the sessions that have expired, and says how many there were. Run it now and then, on any replica.
    ///
    /// # Errors
    /// [`Error::Store`]; what ended before has ended.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            // In batches, so that no statement holds its locks for long. Replicas that sweep at once share the work.
            let batch = async |tx: Tx| {
                let ended = Store::new(&tx).delete_expired().await?;
                changes::record(&tx, &ended.iter().map(event::ended).collect::<Vec<_>>()).await?;
                Ok::<_, Error>(ended.len())
            };
            let ended = self.db.atomic(batch).await?;
            swept += ended as u64;
            if ended < store::BATCH {
                return Ok(swept);
            }
        }
    }
}
