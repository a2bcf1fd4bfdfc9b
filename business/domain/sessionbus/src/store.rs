//! Sessions in PostgreSQL: the statements, the rows, what becomes what.

use std::collections::HashSet;

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::{Db, Tx};
use sqlx::{Postgres, QueryBuilder};
use types::{Scope, SessionId, Timestamp, UserId};
use uuid::Uuid;

use crate::filter::OrderField;
use crate::model::{Device, Session, UserAgent};
use crate::{Error, IDLE, LIFETIME, MOST};

/// The most sessions that one statement of the sweep removes.
pub(crate) const BATCH: usize = 500;

/// Where sessions are changed: in a transaction, since each change leaves a note.
pub(crate) struct Store {
    db: Db,
}

/// What a refresh token belongs to.
pub(crate) struct Found {
    pub(crate) session: Session,
    pub(crate) is_live: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    session_id: Uuid,
    user_id: Uuid,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    address: Option<String>,
    user_agent: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    #[sqlx(flatten)]
    row: Row,
    is_live: bool,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "session_id, user_id, created_at, last_used_at, expires_at, host(address) AS address, user_agent"
    };
}

impl Store {
    pub(crate) fn new(tx: &Tx) -> Self {
        Self { db: tx.db() }
    }

    /// Two who sign in as one user at once come one after the other from here on: neither must miss the other's session
    /// when it looks for those that are too many.
    pub(crate) async fn create(
        &self,
        session_id: SessionId,
        user_id: UserId,
        device: &Device,
    ) -> Result<Session, Error> {
        const SQL: &str = concat!(
            "INSERT INTO sessions (session_id, user_id, created_at, last_used_at, expires_at, address, user_agent)
            SELECT $1, $2, now(), now(), now() + $3, $4::inet, $5
            FROM (SELECT pg_advisory_xact_lock(hashtextextended('sessions ' || $2::text, 0))) AS turn
            RETURNING ",
            columns!()
        );
        let insert = sqlx::query_as::<_, Row>(SQL)
            .bind(session_id.uuid())
            .bind(user_id.uuid())
            .bind(LIFETIME)
            .bind(device.address.map(|address| address.to_string()))
            .bind(device.user_agent.as_ref().map(UserAgent::as_str));
        Ok(self.db.fetch_one(insert).await.map_err(meaning)?.into())
    }

    pub(crate) async fn create_token(&self, session_id: SessionId, digest: &[u8; 32]) -> Result<(), sqldb::Error> {
        const SQL: &str = "INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, now())";
        self.db.execute(sqlx::query(SQL).bind(digest.as_slice()).bind(session_id.uuid())).await?;
        Ok(())
    }

    /// The session that the token belongs to, spent or not, which nobody else can change until the transaction ends.
    pub(crate) async fn lock_by_token(&self, digest: &[u8; 32]) -> Result<Option<Found>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            ", expires_at > now() AND last_used_at > now() - $2 AS is_live FROM sessions
            WHERE session_id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR NO KEY UPDATE"
        );
        let find = sqlx::query_as::<_, FoundRow>(SQL).bind(digest.as_slice()).bind(IDLE);
        let found = self.db.fetch_optional(find).await?;
        Ok(found.map(|found| Found { session: found.row.into(), is_live: found.is_live }))
    }

    /// Marks the token as spent; `false` when it was.
    pub(crate) async fn spend(&self, digest: &[u8; 32]) -> Result<bool, sqldb::Error> {
        const SQL: &str = "UPDATE refresh_tokens SET spent_at = now() WHERE token_hash = $1 AND spent_at IS NULL";
        Ok(self.db.execute(sqlx::query(SQL).bind(digest.as_slice())).await? == 1)
    }

    /// Notes that the session was used, and where.
    pub(crate) async fn touch(&self, session_id: SessionId, device: &Device) -> Result<Session, sqldb::Error> {
        // What is not known of this device is not what was known of the last one.
        const SQL: &str = concat!(
            "UPDATE sessions SET last_used_at = greatest(last_used_at, now()), address = $2::inet, user_agent = $3
            WHERE session_id = $1 RETURNING ",
            columns!()
        );
        let update = sqlx::query_as::<_, Row>(SQL)
            .bind(session_id.uuid())
            .bind(device.address.map(|address| address.to_string()))
            .bind(device.user_agent.as_ref().map(UserAgent::as_str));
        Ok(self.db.fetch_one(update).await?.into())
    }

    /// Removes the session and answers it as it was.
    pub(crate) async fn delete(&self, scope: Scope, session_id: SessionId) -> Result<Option<Session>, sqldb::Error> {
        const SQL: &str = concat!(
            "DELETE FROM sessions WHERE session_id = $1 AND user_id = coalesce($2, user_id) RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(session_id.uuid()).bind(scope.owner().map(UserId::uuid));
        Ok(self.db.fetch_optional(delete).await?.map(Session::from))
    }

    pub(crate) async fn delete_all(
        &self,
        user_id: UserId,
        except: Option<SessionId>,
    ) -> Result<Vec<Session>, sqldb::Error> {
        const SQL: &str = concat!(
            "DELETE FROM sessions WHERE user_id = $1 AND session_id IS DISTINCT FROM $2 RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid()).bind(except.map(SessionId::uuid));
        Ok(sessions(self.db.fetch_all(delete).await?))
    }

    /// Removes what is more than [`MOST`] sessions of a user, those that were used longest ago.
    pub(crate) async fn delete_surplus(&self, user_id: UserId) -> Result<Vec<Session>, sqldb::Error> {
        const SQL: &str = concat!(
            "DELETE FROM sessions WHERE session_id = ANY (ARRAY (
                SELECT session_id FROM sessions WHERE user_id = $1 ORDER BY last_used_at DESC, session_id DESC OFFSET $2
            )) RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid()).bind(i64::from(MOST));
        Ok(sessions(self.db.fetch_all(delete).await?))
    }

    pub(crate) async fn delete_expired(&self) -> Result<Vec<Session>, sqldb::Error> {
        const SQL: &str = concat!(
            "DELETE FROM sessions WHERE session_id = ANY (ARRAY (
                SELECT session_id FROM sessions WHERE expires_at <= now() OR last_used_at <= now() - $1
                LIMIT $2 FOR UPDATE SKIP LOCKED
            )) RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(IDLE).bind(i64::try_from(BATCH).unwrap_or(i64::MAX));
        Ok(sessions(self.db.fetch_all(delete).await?))
    }
}

pub(crate) async fn query(
    db: &Db,
    scope: Scope,
    order_by: &OrderBy<OrderField>,
    page: &Page,
) -> Result<Slice<Session>, sqldb::Error> {
    let terms = order_by.terms().iter().map(|(field, direction)| (column(*field), *direction));
    let keyset = Keyset::new(terms, "session_id", order_by.tie_break());
    let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM sessions WHERE "));
    push_live(&mut sql, scope);
    if let Some(keys) = page.after() {
        keyset.push_after(&mut sql, keys);
    }
    keyset.push_order(&mut sql);
    sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
    let rows = db.fetch_all(sql.build_query_as::<Row>()).await?;
    let total = if page.total { Some(count(db, scope).await?) } else { None };
    Ok(Slice::cut(rows, page, total, |row| row.keys(order_by)).map(Session::from))
}

pub(crate) async fn query_by_id(db: &Db, scope: Scope, session_id: SessionId) -> Result<Option<Session>, sqldb::Error> {
    let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM sessions WHERE "));
    push_live(&mut sql, scope);
    sql.push(" AND session_id = ").push_bind(session_id.uuid());
    Ok(db.fetch_optional(sql.build_query_as::<Row>()).await?.map(Session::from))
}

pub(crate) async fn live_of(db: &Db, session_ids: &[SessionId]) -> Result<HashSet<SessionId>, sqldb::Error> {
    const SQL: &str = "
        SELECT session_id FROM sessions
        WHERE session_id = ANY ($1) AND expires_at > now() AND last_used_at > now() - $2";
    let ids: Vec<Uuid> = session_ids.iter().map(|session_id| session_id.uuid()).collect();
    let rows = db.fetch_all(sqlx::query_as::<_, (Uuid,)>(SQL).bind(ids).bind(IDLE)).await?;
    Ok(rows.into_iter().map(|(session_id,)| SessionId::restore(session_id)).collect())
}

async fn count(db: &Db, scope: Scope) -> Result<u64, sqldb::Error> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM sessions WHERE ");
    push_live(&mut sql, scope);
    let (count,) = db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
    Ok(count.unsigned_abs())
}

impl Row {
    /// The row's place in the order.
    fn keys(&self, order_by: &OrderBy<OrderField>) -> Keys {
        let key = |(field, _): &(OrderField, Direction)| match field {
            OrderField::CreatedAt => Key::Time(self.created_at),
            OrderField::LastUsedAt => Key::Time(self.last_used_at),
        };
        Keys { values: order_by.terms().iter().map(key).collect(), id: self.session_id }
    }
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        // A lifetime is far from the end of time.
        let unused = row.last_used_at.checked_add_signed(IDLE).unwrap_or(row.expires_at);
        Self {
            id: SessionId::restore(row.session_id),
            user_id: UserId::restore(row.user_id),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at.min(unused),
            device: Device {
                address: row.address.and_then(|address| address.parse().ok()),
                user_agent: row.user_agent.map(UserAgent::restore),
            },
        }
    }
}

fn sessions(rows: Vec<Row>) -> Vec<Session> {
    rows.into_iter().map(Session::from).collect()
}

/// Conditions: the session lives and is within `scope`.
fn push_live(sql: &mut QueryBuilder<Postgres>, scope: Scope) {
    sql.push("expires_at > now() AND last_used_at > now() - ").push_bind(IDLE);
    if let Some(user_id) = scope.owner() {
        sql.push(" AND user_id = ").push_bind(user_id.uuid());
    }
}

/// The columns are those of the indexes in the migration.
fn column(field: OrderField) -> &'static str {
    match field {
        OrderField::CreatedAt => "created_at",
        OrderField::LastUsedAt => "last_used_at",
    }
}

/// What a violated constraint means for sessions.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        sqldb::Error::Violates { ref constraint } if constraint == "sessions_user_id_fkey" => Error::NotFound,
        other => Error::Store(other),
    }
}
