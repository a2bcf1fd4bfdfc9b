//! The one order of events: what is committed gets its position, one batch after the other.

use sqldb::{Db, Error, Tx};
use uuid::Uuid;

use crate::event::PARTITIONS;

/// The most events that get their position in one transaction.
const BATCH: i64 = 1000;

/// The last position of each part.
pub(crate) type Heads = [i64; PARTITIONS];

/// What is to be done, as one look at the database tells.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Look {
    /// The last position that was given.
    pub(crate) position: i64,
    /// Events wait for a position.
    pub(crate) unplaced: bool,
    /// All relays say that they sleep.
    pub(crate) sleeping: bool,
    /// Who has events that were refused and are due again: `consumer/partition`.
    pub(crate) due: Vec<String>,
}

/// Looks what is to be done.
pub(crate) async fn look(db: &Db) -> Result<Look, Error> {
    const SQL: &str = "
        SELECT position, sleeping,
            EXISTS (SELECT FROM events WHERE position IS NULL) AS unplaced,
            ARRAY (
                SELECT DISTINCT consumer || '/' || partition FROM event_failures WHERE dead_at IS NULL AND next_at <= now()
            ) AS due
        FROM events_relay";
    db.fetch_one(sqlx::query_as(SQL)).await
}

/// Gives a position to the events that have none, at most [`BATCH`]; says how many there were.
///
/// A position is given to what is committed, under a lock that is held until the positions are committed as well: whoever
/// reads one can read all that are lower. An event that commits late gets a higher position than those that commit
/// before it, and no reader has passed it. Those of one row have the order in which they were written, which is the
/// order of its changes: the later is only written when the earlier is committed.
pub(crate) async fn place(db: &Db, relay_id: Uuid) -> Result<u64, Error> {
    // Locked by a statement of its own: the next one sees what was committed by whoever had the lock before.
    const LOCK: &str = "SELECT position FROM events_relay FOR UPDATE";
    const PLACE: &str = "
        WITH next AS (
            SELECT event_id, $1 + row_number() OVER (ORDER BY seq) AS position
            FROM events WHERE position IS NULL ORDER BY seq LIMIT $2
        ), placed AS (
            UPDATE events SET position = next.position FROM next WHERE events.event_id = next.event_id
            RETURNING events.position
        )
        SELECT count(*), coalesce(max(position), $1) FROM placed";
    // Whoever waits for events by their position hears of it: other relays, live feeds.
    const TELL: &str = "
        WITH told AS (SELECT pg_notify('events_placed', $2))
        UPDATE events_relay SET position = $1, sleeping = false FROM told";
    db.transact(async |tx: Tx| {
        let db = tx.db();
        let (position,) = db.fetch_one(sqlx::query_as::<_, (i64,)>(LOCK)).await?;
        let place = sqlx::query_as::<_, (i64, i64)>(PLACE).bind(position).bind(BATCH);
        let (count, last) = db.fetch_one(place).await?;
        if count > 0 {
            db.execute(sqlx::query(TELL).bind(last).bind(relay_id.to_string())).await?;
        }
        Ok(count.unsigned_abs())
    })
    .await
}

/// The last positions of the parts that have events above `position`.
pub(crate) async fn heads_above(db: &Db, position: i64) -> Result<Vec<(i16, i64)>, Error> {
    const SQL: &str = "SELECT partition, max(position) FROM events WHERE position > $1 GROUP BY partition";
    db.fetch_all(sqlx::query_as(SQL).bind(position)).await
}

/// Says that the relays sleep: whoever writes an event notifies them, until one of them gives positions again. One that is
/// awake meanwhile is notified for nothing.
pub(crate) async fn sleep(db: &Db) -> Result<(), Error> {
    const SQL: &str = "UPDATE events_relay SET sleeping = true WHERE NOT sleeping";
    db.execute(sqlx::query(SQL)).await.map(|_| ())
}
