//! How far a consumer is in each part.

use sqldb::{Db, Error};
use uuid::Uuid;

use crate::consumer::Start;
use crate::event::Event;

/// A consumer in one part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) consumer: &'static str,
    pub(crate) partition: i16,
}

/// An event ahead of a cursor, and what is known of it already.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Next {
    #[sqlx(flatten)]
    pub(crate) event: Event,
    /// An earlier event of the same row waits.
    pub(crate) is_behind: bool,
    /// It came by another way, and was handled or parked.
    pub(crate) is_seen: bool,
}

/// What is known of an event that came by another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// It was taken before.
    Known,
    /// An earlier event of the same row waits.
    Behind,
    /// Neither.
    New,
}

/// Makes the consumer known, once and for all replicas.
pub(crate) async fn register(db: &Db, consumer: &str, start: Start) -> Result<(), Error> {
    // From now on, or from before the oldest: 0, since nothing tells that the oldest was swept. Looked for first: an insertion
    // that meets a cursor on its way waits for whoever moves it.
    const SQL: &str = "
        INSERT INTO event_cursors (consumer, partition, position)
        SELECT $1, partition, CASE WHEN $2 THEN 0 ELSE relay.position END
        FROM event_partitions AS part, events_relay AS relay
        WHERE NOT EXISTS (SELECT FROM event_cursors AS c WHERE c.consumer = $1 AND c.partition = part.partition)
        ON CONFLICT ON CONSTRAINT event_cursors_pkey DO NOTHING";
    db.execute(sqlx::query(SQL).bind(consumer).bind(start == Start::Beginning)).await.map(|_| ())
}

/// Where the cursor is; `None` when the consumer is not known (any more).
pub(crate) async fn read(db: &Db, place: Place) -> Result<Option<i64>, Error> {
    const SQL: &str = "SELECT position FROM event_cursors WHERE consumer = $1 AND partition = $2";
    let query = sqlx::query_as::<_, (i64,)>(SQL).bind(place.consumer).bind(place.partition);
    Ok(db.fetch_optional(query).await?.map(|(position,)| position))
}

/// The events ahead of the cursor, in order.
pub(crate) async fn ahead(db: &Db, place: Place, cursor: i64, limit: u32) -> Result<Vec<Next>, Error> {
    const SQL: &str = "
        SELECT event_id, position, partition, entity, entity_id, version, action, owner_id, data, traceparent, occurred_at,
            EXISTS (
                SELECT FROM event_failures AS f
                WHERE f.consumer = $1 AND f.partition = $2 AND f.entity_id = e.entity_id AND f.position < e.position
                    AND f.dead_at IS NULL
            ) AS is_behind,
            EXISTS (SELECT FROM event_seen AS s WHERE s.consumer = $1 AND s.event_id = e.event_id) AS is_seen
        FROM events AS e WHERE partition = $2 AND position > $3 ORDER BY position LIMIT $4";
    let query = sqlx::query_as(SQL).bind(place.consumer).bind(place.partition).bind(cursor);
    db.fetch_all(query.bind(i64::from(limit))).await
}

/// Moves the cursor; false when it is not where it was thought to be, or the part is in other hands. From then on to the
/// end of the transaction nobody else can move it.
pub(crate) async fn advance(db: &Db, place: Place, fence: i64, from: i64, to: i64) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE event_cursors SET position = $4 WHERE consumer = $1 AND partition = $2 AND position = $3
            AND EXISTS (SELECT FROM event_partitions WHERE partition = $2 AND fence = $5)";
    let update = sqlx::query(SQL).bind(place.consumer).bind(place.partition).bind(from).bind(to).bind(fence);
    db.execute(update).await.map(|moved| moved == 1)
}

/// Those of the events that the consumer has handled when they came by another way.
pub(crate) async fn seen_of(db: &Db, consumer: &str, events: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    const SQL: &str = "SELECT event_id FROM event_seen WHERE consumer = $1 AND event_id = ANY ($2)";
    let rows = db.fetch_all(sqlx::query_as::<_, (Uuid,)>(SQL).bind(consumer).bind(events)).await?;
    Ok(rows.into_iter().map(|(event_id,)| event_id).collect())
}

/// Forgets that the consumer has handled them: its cursor is past them now, which says as much.
pub(crate) async fn forget_seen(db: &Db, consumer: &str, events: &[Uuid]) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM event_seen WHERE consumer = $1 AND event_id = ANY ($2)";
    db.execute(sqlx::query(SQL).bind(consumer).bind(events)).await.map(|_| ())
}

/// Notes that the consumer takes an event which came by another way than the cursor's; says whether it is for the first
/// time. To the end of the transaction nobody else takes it, and the cursor stays where it is.
pub(crate) async fn note_seen(db: &Db, consumer: &str, event: &Event) -> Result<Note, Error> {
    // Whoever holds the cursor or the note at this moment is waited for, and then seen.
    const SQL: &str = "
        WITH cursor AS (
            SELECT position >= $4 AS is_past FROM event_cursors WHERE consumer = $1 AND partition = $3 FOR SHARE
        ), noted AS (
            INSERT INTO event_seen (consumer, event_id)
            SELECT $1, $2 WHERE NOT coalesce((SELECT is_past FROM cursor), false)
            ON CONFLICT ON CONSTRAINT event_seen_pkey DO NOTHING RETURNING event_id
        )
        SELECT EXISTS (SELECT FROM noted), EXISTS (
            SELECT FROM event_failures
            WHERE consumer = $1 AND partition = $3 AND entity_id = $5 AND position < $4 AND dead_at IS NULL
        )";
    let query = sqlx::query_as::<_, (bool, bool)>(SQL).bind(consumer).bind(event.event_id).bind(event.partition);
    Ok(match db.fetch_one(query.bind(event.position).bind(event.entity_id)).await? {
        (false, _) => Note::Known,
        (true, true) => Note::Behind,
        (true, false) => Note::New,
    })
}
