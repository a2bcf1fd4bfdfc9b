//! Who hands on which part: one process at a time, any of them.

use std::time::Duration;

use sqldb::{Db, Error, Tx};
use tokio::time::Instant;
use uuid::Uuid;

use crate::event::PARTITIONS;

/// The right to hand a part on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The number of this change of hands: every move of a cursor asks for it.
    pub(crate) fence: i64,
    /// From then on it is not used any more; before the server takes it for over.
    pub(crate) until: Instant,
}

/// What a process holds, by part.
pub(crate) type Held = [Option<Lease>; PARTITIONS];

/// Says that this relay lives, renews what it holds, takes what nobody holds up to its fair share, and lets go of what
/// exceeds that; gives what it holds then.
pub(crate) async fn renew(db: &Db, relay_id: Uuid, lease: Duration) -> Result<Held, Error> {
    const LIVE: &str = "
        INSERT INTO event_relays (relay_id, leased_until) VALUES ($1, now() + $2)
        ON CONFLICT ON CONSTRAINT event_relays_pkey DO UPDATE SET leased_until = excluded.leased_until";
    // A lease that ends much later than any that is taken now is from before the clock was set back: it says nothing, or a
    // part that a dead process had would be nobody's for as long as that was.
    const BURY: &str = "
        DELETE FROM event_relays WHERE leased_until < now() - interval '1 minute' OR leased_until > now() + $1 * 12";
    const COUNT: &str = "SELECT count(*) FROM event_relays WHERE leased_until > now()";
    // Those that have the most right to be kept come first: held ones, then free ones. Rows that another relay takes at
    // this moment are skipped, and seen the next time.
    const TAKE: &str = "
        WITH mine AS (
            SELECT partition, relay_id IS NOT DISTINCT FROM $1 AND leased_until > now() AS is_held
            FROM event_partitions
            WHERE relay_id = $1 OR relay_id IS NULL OR leased_until <= now() OR leased_until > now() + $2 * 12
            ORDER BY is_held DESC, partition
            FOR UPDATE SKIP LOCKED
        ), ranked AS (
            SELECT partition, is_held, row_number() OVER (ORDER BY is_held DESC, partition) <= $3 AS is_kept FROM mine
        )
        UPDATE event_partitions AS part SET
            relay_id = CASE WHEN is_kept THEN $1 END,
            leased_until = CASE WHEN is_kept THEN now() + $2 END,
            fence = fence + CASE WHEN is_held AND is_kept THEN 0 ELSE 1 END
        FROM ranked WHERE ranked.partition = part.partition AND (is_kept OR is_held)
        RETURNING part.partition, CASE WHEN is_kept THEN part.fence END";
    // Before anything is sent: the server's lease ends later than this.
    let until = Instant::now() + lease;
    let span = span(lease);
    let rows = db
        .transact(async |tx: Tx| {
            let db = tx.db();
            db.execute(sqlx::query(LIVE).bind(relay_id).bind(span)).await?;
            db.execute(sqlx::query(BURY).bind(span)).await?;
            let (relays,) = db.fetch_one(sqlx::query_as::<_, (i64,)>(COUNT)).await?;
            let take = sqlx::query_as::<_, (i16, Option<i64>)>(TAKE).bind(relay_id).bind(span).bind(share(relays));
            db.fetch_all(take).await
        })
        .await?;
    let mut held = Held::default();
    for (partition, fence) in rows {
        let slot = usize::try_from(partition).ok().and_then(|partition| held.get_mut(partition));
        if let (Some(slot), Some(fence)) = (slot, fence) {
            *slot = Some(Lease { fence, until });
        }
    }
    Ok(held)
}

/// Lets go of everything, for the others to take at once.
pub(crate) async fn release(db: &Db, relay_id: Uuid) -> Result<(), Error> {
    // A renewal that was cut off may be about to commit parts that nobody sees yet as this relay's. It holds this row
    // until then, or is about to insert it: to write it is to wait for either.
    const DEAD: &str = "
        INSERT INTO event_relays (relay_id, leased_until) VALUES ($1, now())
        ON CONFLICT ON CONSTRAINT event_relays_pkey DO UPDATE SET leased_until = excluded.leased_until";
    const PARTS: &str = "
        UPDATE event_partitions SET relay_id = NULL, leased_until = NULL, fence = fence + 1 WHERE relay_id = $1";
    const SELF: &str = "
        WITH gone AS (DELETE FROM event_relays WHERE relay_id = $1 RETURNING relay_id)
        SELECT pg_notify('events_released', '') FROM gone";
    db.transact(async |tx: Tx| {
        let db = tx.db();
        db.execute(sqlx::query(DEAD).bind(relay_id)).await?;
        db.execute(sqlx::query(PARTS).bind(relay_id)).await?;
        db.execute(sqlx::query(SELF).bind(relay_id)).await.map(|_| ())
    })
    .await
}

/// The parts of each of so many relays, when none may have two more than another.
fn share(relays: i64) -> i64 {
    i64::try_from(PARTITIONS).unwrap_or(i64::MAX).div_euclid(relays.max(1)) + i64::from(8 % relays.max(1) != 0)
}

fn span(duration: Duration) -> sqlx::postgres::types::PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    sqlx::postgres::types::PgInterval { months: 0, days: 0, microseconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_spread_evenly() {
        for (relays, each) in [(0, 8), (1, 8), (2, 4), (3, 3), (4, 2), (5, 2), (8, 1), (20, 1)] {
            assert_eq!(share(relays), each, "{relays}");
        }
    }
}
