//! The table of events, for whoever reads along, and for the broom.

use std::time::Duration;

use sqldb::{Db, Error, Tx};
use uuid::Uuid;

use crate::event::Event;

/// How long an event is kept, at least.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The most rows that one statement of [`sweep`] removes.
const BATCH: i64 = 1000;

/// The events above a position, in order, at most `limit`. None is ever added below one that was given.
///
/// # Errors
/// See [`Error`].
pub async fn after(db: &Db, position: i64, limit: u32) -> Result<Vec<Event>, Error> {
    const SQL: &str = "
        SELECT event_id, position, partition, entity, entity_id, version, action, owner_id, data, traceparent, occurred_at
        FROM events WHERE position > $1 ORDER BY position LIMIT $2";
    db.fetch_all(sqlx::query_as(SQL).bind(position).bind(i64::from(limit))).await
}

/// The position of the last event: where someone begins who wants what comes from now on.
///
/// # Errors
/// See [`Error`].
pub async fn last_position(db: &Db) -> Result<i64, Error> {
    const SQL: &str = "SELECT position FROM events_relay";
    db.fetch_one(sqlx::query_as::<_, (i64,)>(SQL)).await.map(|(position,)| position)
}

/// The position of an event; `None` when there is none, or none any more.
///
/// # Errors
/// See [`Error`].
pub async fn position_of(db: &Db, event_id: Uuid) -> Result<Option<i64>, Error> {
    const SQL: &str = "SELECT position FROM events WHERE event_id = $1 AND position IS NOT NULL";
    let row = db.fetch_optional(sqlx::query_as::<_, (i64,)>(SQL).bind(event_id)).await?;
    Ok(row.map(|(position,)| position))
}

/// Notes in the transaction of an effect that a consumer has handled an event; true when it had before, and nothing is to
/// be done. For consumers that get their events from elsewhere, where one may come twice.
///
/// Of two that ask at the same moment the second waits until the first has committed, or takes its place if it does not.
///
/// # Errors
/// See [`Error`].
pub async fn seen(tx: &Tx, consumer: &str, event_id: Uuid) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO event_seen (consumer, event_id) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT event_seen_pkey DO NOTHING";
    tx.db().execute(sqlx::query(SQL).bind(consumer).bind(event_id)).await.map(|inserted| inserted == 0)
}

/// Removes the events that are older than [`KEPT`] and that every consumer is past, and what was noted by [`seen`] as
/// long ago; says how many events there were. An event that somebody refused stays until it is handled or dropped.
///
/// # Errors
/// The database failed; what was removed before stays removed.
pub async fn sweep(db: &Db) -> Result<u64, Error> {
    // Batch by batch in the order of positions, up to the first that is young: each statement reads little, however many
    // events stay behind it since a consumer is away, and holds its locks for little. A cursor stands where the last event of
    // its part was: those of other parts say nothing.
    const SQL: &str = "
        WITH next AS (
            SELECT event_id, partition, position, occurred_at <= now() - make_interval(secs => $1) AS is_old
            FROM events WHERE position > $3 ORDER BY position LIMIT $2
        ), gone AS (
            DELETE FROM events AS event USING next
            WHERE event.event_id = next.event_id AND next.is_old
                AND NOT EXISTS (
                    SELECT FROM event_cursors AS behind
                    WHERE behind.partition = next.partition AND behind.position < next.position
                )
                AND NOT EXISTS (SELECT FROM event_failures AS failure WHERE failure.event_id = next.event_id)
            RETURNING event.event_id
        )
        SELECT (SELECT count(*) FROM gone), CASE WHEN bool_and(is_old) THEN max(position) END FROM next";
    const SEEN: &str = "
        DELETE FROM event_seen WHERE ctid = ANY (ARRAY (
            SELECT seen.ctid FROM event_seen AS seen
            WHERE seen_at <= now() - make_interval(secs => $1)
                AND NOT EXISTS (SELECT FROM events AS event WHERE event.event_id = seen.event_id)
            ORDER BY seen_at LIMIT $2
        ))";
    let (mut removed, mut past) = (0, Some(0));
    while let Some(position) = past {
        let sweep = sqlx::query_as::<_, (i64, Option<i64>)>(SQL).bind(KEPT.as_secs_f64()).bind(BATCH).bind(position);
        let (gone, last) = db.fetch_one(sweep).await?;
        removed += gone.unsigned_abs();
        past = last;
    }
    while db.execute(sqlx::query(SEEN).bind(KEPT.as_secs_f64()).bind(BATCH)).await? == BATCH.unsigned_abs() {}
    Ok(removed)
}

/// Forgets where a consumer was, what it refused and what it has seen: for one that the product does not have any more,
/// whose cursor would keep every event for ever. Says whether there was one.
///
/// # Errors
/// See [`Error`].
pub async fn forget(db: &Db, consumer: &str) -> Result<bool, Error> {
    const CURSORS: &str = "DELETE FROM event_cursors WHERE consumer = $1";
    const FAILURES: &str = "DELETE FROM event_failures WHERE consumer = $1";
    const SEEN: &str = "DELETE FROM event_seen WHERE consumer = $1";
    db.transact(async |tx: Tx| {
        let db = tx.db();
        let cursors = db.execute(sqlx::query(CURSORS).bind(consumer)).await?;
        db.execute(sqlx::query(FAILURES).bind(consumer)).await?;
        db.execute(sqlx::query(SEEN).bind(consumer)).await?;
        Ok(cursors > 0)
    })
    .await
}
