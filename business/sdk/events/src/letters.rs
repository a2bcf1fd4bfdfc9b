//! Events that were refused: dead letters and those that are still tried, as an operator sees them.

use sqldb::{Db, Error};
use types::Timestamp;
use uuid::Uuid;

/// An event that a consumer refused, or that waits behind one of the same row.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Letter {
    /// Who refused it.
    pub consumer: String,
    /// Which event.
    pub event_id: Uuid,
    /// Its place in the order of events.
    pub position: i64,
    /// What changed, such as `movie`.
    pub entity: String,
    /// Which one.
    pub entity_id: Uuid,
    /// What happened, such as `updated`.
    pub action: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it was refused since it was put back last; 0 for one that waits behind another.
    pub attempts: i32,
    /// When it is tried again, unless it is dead or waits behind another.
    pub next_at: Timestamp,
    /// Why it was refused the last time.
    pub reason: String,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
}

/// Which letters.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Of this consumer alone.
    pub consumer: Option<String>,
    /// Of this event alone.
    pub event_id: Option<Uuid>,
    /// Those too that were not given up yet.
    pub waiting: bool,
}

/// Where a consumer is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Which one.
    pub consumer: String,
    /// Events that it is not past, counted up to [`COUNTED`] in each part.
    pub behind: i64,
    /// When the oldest of them happened.
    pub oldest: Option<Timestamp>,
    /// Events that it refused, or that wait behind one, and that are still tried.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
}

/// How far a consumer is behind in one part.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Lag {
    /// Which consumer.
    pub consumer: String,
    /// Which part.
    pub partition: i16,
    /// Events that it is not past, counted up to [`COUNTED`].
    pub behind: i64,
}

/// How many events ahead of a consumer are counted in each part: after an outage there may be millions.
pub const COUNTED: i64 = 1000;

/// Who hands on a part.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Holder {
    /// The part.
    pub partition: i16,
    /// The process; none when nobody does at this moment.
    pub relay_id: Option<Uuid>,
}

/// The letters, the oldest first, at most `limit`.
///
/// # Errors
/// See [`Error`].
pub async fn letters(db: &Db, filter: &LetterFilter, limit: u32) -> Result<Vec<Letter>, Error> {
    const SQL: &str = "
        SELECT consumer, event_id, failure.position, entity, event.entity_id, action, occurred_at, attempts, next_at,
            reason, dead_at
        FROM event_failures AS failure JOIN events AS event USING (event_id)
        WHERE ($1::text IS NULL OR consumer = $1) AND ($2::uuid IS NULL OR event_id = $2) AND ($3 OR dead_at IS NOT NULL)
        ORDER BY failure.position, consumer LIMIT $4";
    let query = sqlx::query_as(SQL).bind(&filter.consumer).bind(filter.event_id).bind(filter.waiting);
    db.fetch_all(query.bind(i64::from(limit))).await
}

/// Puts dead letters back; says how many. They are tried again within a second or so, as often as at first.
///
/// What came after it of the same row was handled meanwhile: the consumer gets an event that is older than what it knows,
/// and [`Event::version`](crate::Event) tells. What comes from now on waits behind it again.
///
/// # Errors
/// See [`Error`].
pub async fn retry(db: &Db, filter: &LetterFilter) -> Result<u64, Error> {
    const SQL: &str = "
        UPDATE event_failures SET dead_at = NULL, attempts = 0, next_at = now()
        WHERE ($1::text IS NULL OR consumer = $1) AND ($2::uuid IS NULL OR event_id = $2) AND dead_at IS NOT NULL";
    db.execute(sqlx::query(SQL).bind(&filter.consumer).bind(filter.event_id)).await
}

/// Drops dead letters, and with [`LetterFilter::waiting`] those too that are still tried; says how many. Their consumer
/// never handles them.
///
/// # Errors
/// See [`Error`].
pub async fn drop_letters(db: &Db, filter: &LetterFilter) -> Result<u64, Error> {
    const SQL: &str = "
        DELETE FROM event_failures
        WHERE ($1::text IS NULL OR consumer = $1) AND ($2::uuid IS NULL OR event_id = $2) AND ($3 OR dead_at IS NOT NULL)";
    db.execute(sqlx::query(SQL).bind(&filter.consumer).bind(filter.event_id).bind(filter.waiting)).await
}

/// Where every consumer is.
///
/// # Errors
/// See [`Error`].
pub async fn standings(db: &Db) -> Result<Vec<Standing>, Error> {
    // What has no position yet is ahead of everyone. Each consumer reads on in a part from its cursor, by the index: the
    // first that it finds is the oldest.
    const SQL: &str = "
        SELECT consumer, sum(behind)::bigint AS behind, min(oldest) AS oldest,
            (SELECT count(*) FROM event_failures AS f WHERE f.consumer = c.consumer AND dead_at IS NULL) AS waiting,
            (SELECT count(*) FROM event_failures AS f WHERE f.consumer = c.consumer AND dead_at IS NOT NULL) AS dead
        FROM event_cursors AS c CROSS JOIN LATERAL (
            SELECT count(*) AS behind, min(occurred_at) AS oldest FROM (
                (
                    SELECT occurred_at FROM events AS e WHERE e.partition = c.partition AND e.position > c.position
                    ORDER BY e.position LIMIT $1
                ) UNION ALL (
                    SELECT occurred_at FROM events AS e WHERE e.partition = c.partition AND e.position IS NULL
                    ORDER BY e.seq LIMIT $1
                ) LIMIT $1
            ) AS counted
        ) AS ahead
        GROUP BY consumer ORDER BY consumer";
    db.fetch_all(sqlx::query_as(SQL).bind(COUNTED)).await
}

/// How far every consumer is behind in each part.
///
/// # Errors
/// See [`Error`].
pub async fn lags(db: &Db) -> Result<Vec<Lag>, Error> {
    const SQL: &str = "
        SELECT consumer, partition, (
            SELECT count(*) FROM (
                (
                    SELECT 1 FROM events AS e WHERE e.partition = c.partition AND e.position > c.position LIMIT $1
                ) UNION ALL (
                    SELECT 1 FROM events AS e WHERE e.partition = c.partition AND e.position IS NULL LIMIT $1
                ) LIMIT $1
            ) AS counted
        ) AS behind
        FROM event_cursors AS c ORDER BY consumer, partition";
    db.fetch_all(sqlx::query_as(SQL).bind(COUNTED)).await
}

/// Who hands on each part.
///
/// # Errors
/// See [`Error`].
pub async fn holders(db: &Db) -> Result<Vec<Holder>, Error> {
    const SQL: &str = "
        SELECT partition, CASE WHEN leased_until > now() THEN relay_id END AS relay_id
        FROM event_partitions ORDER BY partition";
    db.fetch_all(sqlx::query_as(SQL)).await
}
