//! What the server says of itself.

use sqlx::types::chrono::{DateTime, Utc};

use crate::{Db, Error};

/// The server behind a [`Db`], at the moment it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `server_version_num`: 170004 is 17.4.
    pub version: i32,
    /// Its clock.
    pub now: DateTime<Utc>,
    /// Whether it takes no writes: a standby, or one set to be read alone.
    pub read_only: bool,
    /// The extensions that can be created on it, by name.
    pub extensions: Vec<String>,
}

impl Db {
    /// Asks the server about itself.
    ///
    /// # Errors
    /// It gives no answer, for the reason given.
    pub async fn server(&self) -> Result<Server, Error> {
        let (version, now, read_only, extensions) = self
            .fetch_one(sqlx::query_as(
                "SELECT current_setting('server_version_num')::int, clock_timestamp(), \
                 current_setting('transaction_read_only')::bool, \
                 ARRAY(SELECT name::text FROM pg_available_extensions ORDER BY name)",
            ))
            .await?;
        Ok(Server { version, now, read_only, extensions })
    }
}
