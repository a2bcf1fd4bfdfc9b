//! Secrets that the replicas share through the database.
//!
//! Each was made by the server when the migration that needs it ran: nobody has to choose, hand over or keep it.

use std::fmt;

use sqldb::Db;

/// The secret behind the cursors of lists.
pub const CURSOR: &str = "cursor";

/// The secret behind the links to media.
pub const MEDIA: &str = "media";

/// 32 random bytes. It can't be printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No migration made a secret of this name, or it has another length.
    #[error("no secret of 32 bytes is named {name}")]
    Unusable {
        /// The name.
        name: String,
    },
    /// The database failed.
    #[error("secrets could not be read")]
    Store(#[from] sqldb::Error),
}

impl Secret {
    /// The bytes, for a key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secret of this name.
///
/// # Errors
/// See [`Error`].
pub async fn load(db: &Db, name: &str) -> Result<Secret, Error> {
    let query = sqlx::query_as::<_, (Vec<u8>,)>("SELECT value FROM secrets WHERE name = $1").bind(name.to_owned());
    let row = db.fetch_optional(query).await?;
    let secret = row.and_then(|(value,)| value.try_into().ok()).map(Secret);
    secret.ok_or_else(|| Error::Unusable { name: name.to_owned() })
}
