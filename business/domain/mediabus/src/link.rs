//! Links: leave to read one medium, for a while, for whoever has it.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use sqldb::Db;
use tokio::sync::OnceCell;
use types::{MediaId, Timestamp};

use crate::Error;

/// What a link is good for. It is part of what is signed: should there ever be links to do something else, neither is the
/// other.
const METHOD: &str = "GET";

/// Signs links and recognises them. The secret is loaded when it is first needed.
pub struct Links {
    db: Db,
    lifetime: Duration,
    key: OnceCell<hmac::Key>,
}

/// Leave to read a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Until when, in seconds of Unix time.
    pub expires: i64,
    /// Shows that it was given here: HMAC-SHA-256 in base64url (RFC 4648, without padding).
    pub signature: String,
}

impl Links {
    pub(crate) fn new(db: Db, lifetime: Duration) -> Self {
        Self { db, lifetime, key: OnceCell::new() }
    }

    /// A link that is good from now on for as long as links are.
    ///
    /// # Errors
    /// [`Error::Secret`].
    pub async fn sign(&self, medium_id: MediaId) -> Result<Link, Error> {
        let lifetime = TimeDelta::from_std(self.lifetime).unwrap_or(TimeDelta::MAX);
        let expires = types::now().checked_add_signed(lifetime).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC).timestamp();
        let tag = hmac::sign(self.key().await?, &signed(medium_id, expires));
        Ok(Link { expires, signature: BASE64_URL_SAFE_NO_PAD.encode(tag) })
    }

    /// Passes when the link was signed here for this medium, and has not expired.
    ///
    /// # Errors
    /// [`Error::BadLink`], [`Error::Secret`].
    pub async fn check(&self, medium_id: MediaId, link: &Link) -> Result<(), Error> {
        let tag = BASE64_URL_SAFE_NO_PAD.decode(&link.signature).map_err(|_| Error::BadLink)?;
        // In a time that does not depend on where they differ.
        hmac::verify(self.key().await?, &signed(medium_id, link.expires), &tag).map_err(|_| Error::BadLink)?;
        if types::now().timestamp() < link.expires { Ok(()) } else { Err(Error::BadLink) }
    }

    async fn key(&self) -> Result<&hmac::Key, Error> {
        let load = async || {
            let secret = secrets::load(&self.db, secrets::MEDIA).await?;
            Ok::<_, Error>(hmac::Key::new(hmac::HMAC_SHA256, secret.expose()))
        };
        self.key.get_or_try_init(load).await
    }
}

impl Link {
    /// When it expires.
    pub fn expires_at(&self) -> Timestamp {
        DateTime::from_timestamp(self.expires, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// What is signed: no part can be taken for another, since none has a line break.
fn signed(medium_id: MediaId, expires: i64) -> Vec<u8> {
    format!("{METHOD}\nmedia\n{medium_id}\n{expires}").into_bytes()
}
