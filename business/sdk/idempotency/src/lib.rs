//! Answers of keyed requests, kept in the transaction of their effect.
//!
//! A client that does not know whether its request arrived sends it again under the same key
//! (draft-ietf-httpapi-idempotency-key-header). [`once`] lets the effect happen once and gives every later request the
//! answer of the first. Answer and effect are committed together: after a crash there are both or neither.
//!
//! Only an effect that was committed is remembered. One that failed left nothing behind, and its key is free: the
//! client may mend the cause and use the key again.

use chrono::TimeDelta;
use sqldb::{Db, Tx};
use sqlx::types::Json;

/// How long an answer is kept, by the clock of the server: one replica's that runs ahead must not forget for all.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// The most rows that one statement of [`sweep`] removes.
const BATCH: u32 = 1000;

/// What makes two requests the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who asks, such as the user's id: nobody meets the keys of another.
    pub scope: String,
    /// What is asked for, such as `POST /v1/movies`.
    pub route: String,
    /// The key that the client chose.
    pub key: String,
    /// SHA-256 of the payload.
    pub fingerprint: [u8; 32],
}

/// An answer, as it can be given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The header fields that belong to the answer: name, value.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to a keyed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The effect took place now.
    Fresh(Answer),
    /// The effect took place before, and this was its answer.
    Replayed(Answer),
}

/// Why a keyed request has no answer, apart from the failure of its effect.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another request under the key is being worked on.
    #[error("a request with this idempotency key is in progress")]
    InFlight,
    /// The key was used for another payload.
    #[error("this idempotency key was used for another request")]
    Reused,
    /// The database failed.
    #[error("idempotency keys could not be read or written")]
    Store(#[from] sqldb::Error),
}

/// Runs `effect` in a transaction and keeps its answer under `key`, or gives the answer that is kept.
///
/// Like the work of [`Db::transact`], the effect may be run again after a lost race and must have no effect outside of
/// the transaction.
///
/// # Errors
/// [`Error`], or what the effect answers; in both cases nothing was committed, and nothing is kept. Only when the commit
/// itself is not answered in time, or its connection is lost, both or neither may have happened: the next request under
/// the key meets [`Error::InFlight`] until the server has decided, and then gets the right one of the two.
pub async fn once<E, W>(db: &Db, key: &Key, effect: impl Fn(Tx) -> W) -> Result<Outcome, E>
where
    E: From<Error> + From<sqldb::Error>,
    W: Future<Output = Result<Answer, E>>,
{
    db.transact(async |tx: Tx| {
        let store = tx.db();
        if !lock(&store, key).await? {
            return Err(Error::InFlight.into());
        }
        // A statement of its own, after the lock: its snapshot has what the holder before us committed.
        match find(&store, key).await? {
            Some(found) if found.fingerprint == key.fingerprint => Ok(Outcome::Replayed(found.into())),
            Some(_) => Err(Error::Reused.into()),
            None => {
                let answer = effect(tx).await?;
                if !keep(&store, key, &answer).await? {
                    return Err(Error::InFlight.into());
                }
                Ok(Outcome::Fresh(answer))
            }
        }
    })
    .await
}

/// The answer that is kept under `key`, if there is one: for effects that have to be prepared outside of their transaction, which
/// a repetition must not do again.
///
/// # Errors
/// [`Error::Reused`], [`Error::Store`].
pub async fn kept(db: &Db, key: &Key) -> Result<Option<Answer>, Error> {
    match find(db, key).await? {
        Some(found) if found.fingerprint == key.fingerprint => Ok(Some(found.into())),
        Some(_) => Err(Error::Reused),
        None => Ok(None),
    }
}

/// Removes the answers that are kept no longer, and says how many there were. Run it now and then, on any replica.
///
/// # Errors
/// The database failed; what was removed before stays removed.
pub async fn sweep(db: &Db) -> Result<u64, sqldb::Error> {
    // In batches, so that no statement holds its locks for long. Replicas that sweep at once share the work.
    const SQL: &str = "
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM idempotency_keys WHERE created_at <= now() - $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ))";
    let mut removed = 0;
    loop {
        let batch = db.execute(sqlx::query(SQL).bind(KEPT).bind(i64::from(BATCH))).await?;
        removed += batch;
        if batch < u64::from(BATCH) {
            return Ok(removed);
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: i32,
    headers: Json<Vec<(String, String)>>,
    body: Vec<u8>,
}

/// Takes the key for the rest of the transaction; `false` when another transaction has it.
async fn lock(db: &Db, key: &Key) -> Result<bool, sqldb::Error> {
    // An advisory lock, since there is no row to lock before the first answer. The server lets go of it with the
    // transaction, whatever becomes of the client. Two keys of one hash would wait for each other's client to retry.
    const SQL: &str = "
        SELECT pg_try_advisory_xact_lock(hashtextextended(jsonb_build_array('idempotency', $1::text, $2::text, $3::text)::text, 0))";
    let (locked,) =
        db.fetch_one(sqlx::query_as::<_, (bool,)>(SQL).bind(&key.scope).bind(&key.route).bind(&key.key)).await?;
    Ok(locked)
}

async fn find(db: &Db, key: &Key) -> Result<Option<Row>, sqldb::Error> {
    const SQL: &str = "
        SELECT fingerprint, status, headers, body FROM idempotency_keys
        WHERE scope = $1 AND route = $2 AND key = $3 AND created_at > now() - $4";
    let find = sqlx::query_as::<_, Row>(SQL).bind(&key.scope).bind(&key.route).bind(&key.key).bind(KEPT);
    db.fetch_optional(find).await
}

/// Keeps the answer; `false` when there is one. A row under the key can only be one that has expired and was not swept
/// yet: should the lock ever fail to keep another request out, the second effect is undone.
async fn keep(db: &Db, key: &Key, answer: &Answer) -> Result<bool, sqldb::Error> {
    const SQL: &str = "
        INSERT INTO idempotency_keys (scope, route, key, fingerprint, status, headers, body, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now())
        ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE SET
            fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
            body = excluded.body, created_at = excluded.created_at
            WHERE idempotency_keys.created_at <= now() - $8";
    let insert = sqlx::query(SQL)
        .bind(&key.scope)
        .bind(&key.route)
        .bind(&key.key)
        .bind(key.fingerprint.as_slice())
        .bind(i32::from(answer.status))
        .bind(Json(&answer.headers))
        .bind(&answer.body)
        .bind(KEPT);
    db.execute(insert).await.map(|kept| kept == 1)
}

impl From<Row> for Answer {
    fn from(row: Row) -> Self {
        // The schema bounds the status.
        Self { status: u16::try_from(row.status).unwrap_or(500), headers: row.headers.0, body: row.body }
    }
}
