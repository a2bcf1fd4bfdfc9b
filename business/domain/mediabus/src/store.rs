//! Media in PostgreSQL: the statements, the rows, what becomes what.

use chrono::TimeDelta;
use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{MediaId, MovieId, Timestamp};
use uuid::Uuid;

use crate::Error;
use crate::filter::{OrderField, QueryFilter};
use crate::model::{ContentType, Digest, Kind, Medium, NewMedium};

/// Where media are described.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row of a medium that is, or was, stored.
#[derive(sqlx::FromRow)]
struct Row {
    medium_id: Uuid,
    movie_id: Option<Uuid>,
    kind: String,
    content_type: String,
    size: Option<i64>,
    sha256: Option<Vec<u8>>,
    created_at: Timestamp,
}

/// What a store has of a medium.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Copy {
    pub(crate) medium_id: Uuid,
    pub(crate) store: String,
    pub(crate) status: String,
    pub(crate) parts: Option<String>,
}

/// One term of an order: a field, the expression that an index holds for it, and its direction.
struct Term {
    field: OrderField,
    sql: &'static str,
    direction: Direction,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "medium_id, movie_id, kind, content_type, size, sha256, created_at"
    };
}

/// The columns of a [`Copy`].
macro_rules! copy_columns {
    () => {
        "media_copies.medium_id, media_copies.store, media_copies.status, media_copies.parts"
    };
}

/// The media that anybody sees.
macro_rules! visible {
    () => {
        "media.status = 'stored' AND media.movie_id IS NOT NULL"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Adds a medium that nobody sees yet, and says which stores are to have it.
    pub(crate) async fn begin(
        &self,
        medium_id: MediaId,
        new: NewMedium,
        lease: TimeDelta,
        stores: Vec<String>,
    ) -> Result<(), Error> {
        const SQL: &str = "
            WITH arriving AS (
                INSERT INTO media (medium_id, movie_id, kind, content_type, status, leased_until, created_at)
                VALUES ($1, $2, $3, $4, 'arriving', now() + $5, $6)
                RETURNING medium_id
            )
            INSERT INTO media_copies (medium_id, store, status, updated_at)
            SELECT medium_id, store, 'writing', now() FROM arriving CROSS JOIN unnest($7::text[]) AS store";
        let insert = sqlx::query(SQL)
            .bind(medium_id.uuid())
            .bind(new.movie_id.uuid())
            .bind(new.content_type.kind().as_str())
            .bind(new.content_type.as_str())
            .bind(lease)
            .bind(types::now())
            .bind(stores);
        self.db.execute(insert).await.map_err(meaning)?;
        Ok(())
    }

    /// Says that the upload lives; `false` when it was taken for dead.
    pub(crate) async fn renew(&self, medium_id: MediaId, lease: TimeDelta) -> Result<bool, sqldb::Error> {
        const SQL: &str = "UPDATE media SET leased_until = now() + $2 WHERE medium_id = $1 AND status = 'arriving'";
        Ok(self.db.execute(sqlx::query(SQL).bind(medium_id.uuid()).bind(lease)).await? == 1)
    }

    /// Keeps the name under which a store keeps the parts of an unfinished copy.
    pub(crate) async fn keep_parts(&self, medium_id: MediaId, store: &str, parts: &str) -> Result<(), sqldb::Error> {
        const SQL: &str = "UPDATE media_copies SET parts = $3 WHERE medium_id = $1 AND store = $2";
        let update = sqlx::query(SQL).bind(medium_id.uuid()).bind(store.to_owned()).bind(parts.to_owned());
        self.db.execute(update).await.map(drop)
    }

    /// Lets everybody see the medium, of which the stores have this. Its film may have gone meanwhile.
    pub(crate) async fn create(&self, medium: &Medium, copies: &[(String, bool)]) -> Result<(), Error> {
        const SQL: &str = "
            UPDATE media SET status = 'stored', leased_until = NULL, size = $2, sha256 = $3, created_at = $4
            WHERE medium_id = $1 AND status = 'arriving'
            RETURNING movie_id";
        // However long it took to come: the stores that still write it have their time from now on.
        const COPIES: &str = "
            UPDATE media_copies SET
                status     = CASE WHEN news.stored THEN 'stored' WHEN news.stored IS NULL THEN media_copies.status ELSE 'missing' END,
                parts      = CASE WHEN news.stored THEN NULL ELSE media_copies.parts END,
                updated_at = now()
            FROM media_copies AS copies
            LEFT JOIN unnest($2::text[], $3::boolean[]) AS news (store, stored) ON news.store = copies.store
            WHERE copies.medium_id = $1
            AND media_copies.medium_id = copies.medium_id AND media_copies.store = copies.store";
        let change = sqlx::query_as::<_, (Option<Uuid>,)>(SQL)
            .bind(medium.id.uuid())
            .bind(i64::try_from(medium.size).unwrap_or(i64::MAX))
            .bind(medium.sha256.bytes().to_vec())
            .bind(medium.created_at);
        match self.db.fetch_optional(change).await? {
            None => return Err(Error::Lapsed),
            Some((None,)) => return Err(Error::UnknownMovie),
            Some((Some(_),)) => {}
        }
        let update = sqlx::query(COPIES)
            .bind(medium.id.uuid())
            .bind(copies.iter().map(|(store, _)| store.clone()).collect::<Vec<_>>())
            .bind(copies.iter().map(|(_, stored)| *stored).collect::<Vec<_>>());
        self.db.execute(update).await?;
        Ok(())
    }

    pub(crate) async fn query(
        &self,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Medium>, sqldb::Error> {
        let terms = terms(order_by);
        let order = terms.iter().map(|term| (term.sql, term.direction));
        let keyset = Keyset::new(order, "medium_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM media"));
        push_filter(&mut sql, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(&terms)).map(Medium::from))
    }

    pub(crate) async fn query_by_id(&self, medium_id: MediaId) -> Result<Option<Medium>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM media WHERE medium_id = $1 AND ", visible!());
        let row = self.db.fetch_optional(sqlx::query_as::<_, Row>(SQL).bind(medium_id.uuid())).await?;
        Ok(row.map(Medium::from))
    }

    pub(crate) async fn count(&self, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM media");
        push_filter(&mut sql, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }

    /// What the stores have of a medium.
    pub(crate) async fn copies(&self, medium_id: MediaId) -> Result<Vec<Copy>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", copy_columns!(), " FROM media_copies WHERE medium_id = $1 ORDER BY store");
        self.db.fetch_all(sqlx::query_as::<_, Copy>(SQL).bind(medium_id.uuid())).await
    }

    /// Notes whether a store has the medium; `false` when nobody sees the medium, or not any more.
    pub(crate) async fn note(&self, medium_id: MediaId, store: &str, stored: bool) -> Result<bool, sqldb::Error> {
        const SQL: &str = concat!(
            "UPDATE media_copies SET
                status     = CASE WHEN $3 THEN 'stored' ELSE 'missing' END,
                parts      = CASE WHEN $3 THEN NULL ELSE parts END,
                updated_at = now()
            WHERE medium_id = $1 AND store = $2
            AND EXISTS (SELECT FROM media WHERE media.medium_id = $1 AND ",
            visible!(),
            ")"
        );
        let update = sqlx::query(SQL).bind(medium_id.uuid()).bind(store.to_owned()).bind(stored);
        Ok(self.db.execute(update).await? == 1)
    }

    /// Lets go of the medium that is arriving, whose upload has ended.
    pub(crate) async fn lapse(&self, medium_id: MediaId) -> Result<(), sqldb::Error> {
        const SQL: &str = "UPDATE media SET status = 'removing' WHERE medium_id = $1 AND status = 'arriving'";
        self.db.execute(sqlx::query(SQL).bind(medium_id.uuid())).await.map(drop)
    }

    /// Takes up to `limit` media that are to go: those whose uploads are dead, and those whose films are gone. Answers the ones
    /// that were seen by somebody.
    pub(crate) async fn take_leave(&self, limit: i64) -> Result<Vec<Medium>, sqldb::Error> {
        const SQL: &str = concat!(
            "UPDATE media SET status = 'removing' WHERE medium_id IN (
                SELECT medium_id FROM media
                WHERE status = 'arriving' AND leased_until < now() OR status = 'stored' AND movie_id IS NULL
                ORDER BY leased_until LIMIT $1 FOR UPDATE SKIP LOCKED
            ) RETURNING ",
            columns!()
        );
        let rows = self.db.fetch_all(sqlx::query_as::<_, Row>(SQL).bind(limit)).await?;
        Ok(rows.into_iter().filter(|row| row.size.is_some()).map(Medium::from).collect())
    }

    /// What is to be removed from these stores, what was tried longest ago first.
    pub(crate) async fn removals(&self, stores: Vec<String>, limit: i64) -> Result<Vec<Copy>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            copy_columns!(),
            " FROM media_copies JOIN media USING (medium_id)
            WHERE media.status = 'removing' AND store = ANY ($1) ORDER BY media_copies.updated_at LIMIT $2"
        );
        self.db.fetch_all(sqlx::query_as::<_, Copy>(SQL).bind(stores).bind(limit)).await
    }

    /// A store has nothing of the medium any more.
    pub(crate) async fn forget(&self, copy: &Copy) -> Result<(), sqldb::Error> {
        const SQL: &str = "DELETE FROM media_copies WHERE medium_id = $1 AND store = $2";
        self.db.execute(sqlx::query(SQL).bind(copy.medium_id).bind(copy.store.clone())).await.map(drop)
    }

    /// What a store has of the medium was looked after now, and is to be again.
    pub(crate) async fn put_off(&self, copy: &Copy) -> Result<(), sqldb::Error> {
        const SQL: &str = "UPDATE media_copies SET updated_at = now() WHERE medium_id = $1 AND store = $2";
        self.db.execute(sqlx::query(SQL).bind(copy.medium_id).bind(copy.store.clone())).await.map(drop)
    }

    /// Removes the media that no store has any more, and says how many there were.
    pub(crate) async fn bury(&self) -> Result<u64, sqldb::Error> {
        const SQL: &str = "
            DELETE FROM media WHERE status = 'removing'
            AND NOT EXISTS (SELECT FROM media_copies WHERE media_copies.medium_id = media.medium_id)";
        self.db.execute(sqlx::query(SQL)).await
    }

    /// Takes copies that nobody has written at for `age` for missing.
    pub(crate) async fn give_up_writing(&self, age: TimeDelta) -> Result<u64, sqldb::Error> {
        const SQL: &str = "
            UPDATE media_copies SET status = 'missing'
            WHERE status = 'writing' AND updated_at < now() - $1
            AND EXISTS (SELECT FROM media WHERE media.medium_id = media_copies.medium_id AND media.status = 'stored')";
        self.db.execute(sqlx::query(SQL).bind(age)).await
    }

    /// Notes of up to `limit` media that stores among these, which were added after them, lack them.
    pub(crate) async fn note_lacking(&self, stores: Vec<String>, limit: i64) -> Result<u64, sqldb::Error> {
        const SQL: &str = concat!(
            "INSERT INTO media_copies (medium_id, store, status, updated_at)
            SELECT media.medium_id, lacking.store, 'missing', media.created_at
            FROM media CROSS JOIN unnest($1::text[]) AS lacking (store)
            WHERE ",
            visible!(),
            " AND NOT EXISTS (
                SELECT FROM media_copies
                WHERE media_copies.medium_id = media.medium_id AND media_copies.store = lacking.store)
            LIMIT $2
            ON CONFLICT DO NOTHING"
        );
        self.db.execute(sqlx::query(SQL).bind(stores).bind(limit)).await
    }

    /// Copies that these stores lack, and that nobody has looked after for `age`: the longest forgotten first.
    pub(crate) async fn missing(
        &self,
        stores: Vec<String>,
        age: TimeDelta,
        limit: i64,
    ) -> Result<Vec<Copy>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            copy_columns!(),
            " FROM media_copies JOIN media USING (medium_id)
            WHERE media_copies.status = 'missing' AND store = ANY ($1) AND media_copies.updated_at < now() - $2 AND ",
            visible!(),
            " ORDER BY media_copies.updated_at LIMIT $3"
        );
        self.db.fetch_all(sqlx::query_as::<_, Copy>(SQL).bind(stores).bind(age).bind(limit)).await
    }
}

impl Row {
    /// The row's place in the order of `terms`.
    fn keys(&self, terms: &[Term]) -> Keys {
        let key = |term: &Term| match term.field {
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.medium_id }
    }
}

impl From<Row> for Medium {
    fn from(row: Row) -> Self {
        Self {
            id: MediaId::restore(row.medium_id),
            // Of one whose film is gone only the removal is told.
            movie_id: MovieId::restore(row.movie_id.unwrap_or_default()),
            kind: Kind::restore(&row.kind),
            content_type: ContentType::restore(&row.content_type),
            size: row.size.unwrap_or_default().unsigned_abs(),
            sha256: Digest::restore(&row.sha256.unwrap_or_default()),
            created_at: row.created_at,
        }
    }
}

/// What a violated constraint means for media.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        sqldb::Error::Violates { ref constraint } if constraint == "media_movie_id_fkey" => Error::UnknownMovie,
        other => Error::Store(other),
    }
}

/// The terms of an order. The expressions are those of the indexes in the migrations, to the letter.
fn terms(order_by: &OrderBy<OrderField>) -> Vec<Term> {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match field {
            OrderField::CreatedAt => "created_at",
        };
        Term { field, sql, direction }
    };
    order_by.terms().iter().map(term).collect()
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter) {
    sql.push(concat!(" WHERE ", visible!(), " AND movie_id = ")).push_bind(filter.movie_id.uuid());
    if let Some(kind) = filter.kind {
        sql.push(" AND kind = ").push_bind(kind.as_str());
    }
}
