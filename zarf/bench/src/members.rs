//! Users who are signed in, so many that their passwords and sign-ins would take longer than what is measured.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use keystore::KeyStore;
use sqlx::Connection as _;
use types::{SessionId, UserId};
use uuid::Uuid;

use crate::fixture::connect;

/// The `iss` of their tokens. A service takes it as `auth.issuer`.
pub const ISSUER: &str = "https://bench.example";

/// How long the tokens are valid.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Makes so many users with a session each, and writes an access token of each into a file of `folder`, one a line; the keys
/// are those in it.
///
/// # Errors
/// The database refuses, or the file can't be written.
pub async fn sign_in(url: &str, folder: &Path, count: usize) -> Result<PathBuf> {
    const SQL: &str = "
        WITH added AS (
            INSERT INTO users (user_id, name, email, password_hash, roles, enabled, activated_at, version, created_at, updated_at)
            SELECT gen_random_uuid(), 'Member ' || number, 'member' || number || '@example.com', '$argon2id$nobody', ARRAY['customer'], true,
                now(), 1, now(), now()
            FROM generate_series(1, $1) AS number
            RETURNING user_id)
        INSERT INTO sessions (session_id, user_id, created_at, last_used_at, expires_at)
        SELECT gen_random_uuid(), user_id, now(), now(), now() + interval '1 day' FROM added
        RETURNING user_id, session_id";
    let mut connection = connect(url).await?;
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(SQL).bind(i64::try_from(count)?).fetch_all(&mut connection).await?;
    connection.close().await?;

    let db = sqldb::Db::open(url, sqldb::Settings::default())?;
    let users = userbus::Business::new(db.clone());
    let settings = auth::Settings { issuer: ISSUER.into(), audience: "marquee".into(), access_ttl: LIFETIME };
    let keys = KeyStore::open(&folder.join("keys")).context("the keys")?;
    let authenticator = auth::Authenticator::new(keys, settings, users.clone(), &db);
    let ids: Vec<UserId> = rows.iter().map(|(user_id, _)| UserId::restore(*user_id)).collect();
    let sessions: std::collections::HashMap<Uuid, Uuid> = rows.into_iter().collect();
    let mut tokens = String::new();
    for user in users.query_by_ids(&ids).await? {
        let session_id = sessions.get(&user.id.uuid()).context("a session")?;
        let token = authenticator.mint_within(&user, SessionId::restore(*session_id))?;
        writeln!(tokens, "{}", token.expose())?;
    }
    let file = folder.join("tokens");
    std::fs::write(&file, tokens)?;
    db.close();
    Ok(file)
}
