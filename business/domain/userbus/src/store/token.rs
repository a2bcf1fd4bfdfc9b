//! The tokens that are mailed to users.

use chrono::TimeDelta;
use types::UserId;
use uuid::Uuid;

use super::Store;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Shows that the address is the user's.
    Activation,
    /// Takes the place of a forgotten password.
    PasswordReset,
}

/// The most tokens that one statement of the sweep removes.
const BATCH: u32 = 1000;

impl Purpose {
    /// How long a token is good for. Who registers may look at their mail after the weekend; a reset is asked for by
    /// somebody who waits for it, and opens an account that has something in it.
    pub(crate) fn lifetime(self) -> TimeDelta {
        match self {
            Self::Activation => TimeDelta::days(3),
            Self::PasswordReset => TimeDelta::minutes(45),
        }
    }

    /// Its name in the table.
    fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PasswordReset => "password_reset",
        }
    }
}

impl Store {
    /// Keeps what is left of a token after it was mailed to `address`; `false` when that is no longer the address of a
    /// user who is enabled, and the token is good for nothing.
    pub(crate) async fn create_token(
        &self,
        digest: &[u8; 32],
        purpose: Purpose,
        user_id: UserId,
        address: &str,
    ) -> Result<bool, sqldb::Error> {
        // The lock waits for whoever is changing the address or the password, and is waited for by whoever wants to:
        // they remove the tokens that they find.
        const SQL: &str = "
            INSERT INTO user_tokens (token_hash, purpose, user_id, created_at, expires_at)
            SELECT $1, $2, user_id, now(), now() + $3 FROM (
                SELECT user_id FROM users WHERE user_id = $4 AND email = $5 AND enabled FOR SHARE
            ) AS owner";
        let insert = sqlx::query(SQL)
            .bind(digest.as_slice())
            .bind(purpose.as_str())
            .bind(purpose.lifetime())
            .bind(user_id.uuid())
            .bind(address);
        Ok(self.db.execute(insert).await? == 1)
    }

    /// Whose token it is, as long as it is good.
    pub(crate) async fn token_owner(
        &self,
        digest: &[u8; 32],
        purpose: Purpose,
    ) -> Result<Option<UserId>, sqldb::Error> {
        const SQL: &str =
            "SELECT user_id FROM user_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > now()";
        let find = sqlx::query_as::<_, (Uuid,)>(SQL).bind(digest.as_slice()).bind(purpose.as_str());
        Ok(self.db.fetch_optional(find).await?.map(|(user_id,)| UserId::restore(user_id)))
    }

    /// Uses the token up; `false` when it is no longer good.
    pub(crate) async fn take_token(&self, digest: &[u8; 32], purpose: Purpose) -> Result<bool, sqldb::Error> {
        const SQL: &str = "DELETE FROM user_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > now()";
        Ok(self.db.execute(sqlx::query(SQL).bind(digest.as_slice()).bind(purpose.as_str())).await? == 1)
    }

    /// Removes the user's tokens of these purposes. The user must be locked, or have just been changed.
    pub(crate) async fn delete_tokens(&self, user_id: UserId, purposes: &[Purpose]) -> Result<(), sqldb::Error> {
        const SQL: &str = "DELETE FROM user_tokens WHERE user_id = $1 AND purpose = ANY ($2)";
        let purposes: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
        self.db.execute(sqlx::query(SQL).bind(user_id.uuid()).bind(purposes)).await?;
        Ok(())
    }

    /// Removes the tokens that have expired, and says how many there were.
    pub(crate) async fn sweep_tokens(&self) -> Result<u64, sqldb::Error> {
        // In batches, so that no statement holds its locks for long. Replicas that sweep at once share the work.
        const SQL: &str = "
            DELETE FROM user_tokens WHERE token_hash = ANY (ARRAY (
                SELECT token_hash FROM user_tokens WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED))";
        let mut removed = 0;
        loop {
            let batch = self.db.execute(sqlx::query(SQL).bind(i64::from(BATCH))).await?;
            removed += batch;
            if batch < u64::from(BATCH) {
                return Ok(removed);
            }
        }
    }
}
