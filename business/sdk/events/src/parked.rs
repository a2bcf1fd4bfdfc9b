//! Events that were refused, and those of the same row that wait behind them, as the relay sees them.

use std::time::Duration;

use sqldb::{Db, Error};

use crate::event::Event;
use crate::settings::Settings;

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// What a refusal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) attempts: u32,
    pub(crate) is_dead: bool,
}

/// An event that is due to be tried again.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Due {
    #[sqlx(flatten)]
    pub(crate) event: Event,
    /// How often it was refused.
    pub(crate) attempts: i32,
}

/// The events that are due, and of which no earlier one of the same row waits; in order.
pub(crate) async fn due(db: &Db, consumer: &str, partition: i16, limit: u32) -> Result<Vec<Due>, Error> {
    const SQL: &str = "
        SELECT e.event_id, e.position, e.partition, e.entity, e.entity_id, e.version, e.action, e.owner_id, e.data,
            e.traceparent, e.occurred_at, f.attempts
        FROM event_failures AS f JOIN events AS e USING (event_id)
        WHERE f.consumer = $1 AND f.partition = $2 AND f.dead_at IS NULL AND f.next_at <= now() AND NOT EXISTS (
            SELECT FROM event_failures AS before
            WHERE before.consumer = f.consumer AND before.partition = f.partition AND before.entity_id = f.entity_id
                AND before.position < f.position AND before.dead_at IS NULL
        )
        ORDER BY f.position LIMIT $3";
    db.fetch_all(sqlx::query_as(SQL).bind(consumer).bind(partition).bind(i64::from(limit))).await
}

/// Lets an event wait behind an earlier one.
pub(crate) async fn queue(db: &Db, consumer: &str, event: &Event) -> Result<(), Error> {
    insert(db, consumer, event, 0, Duration::ZERO, "waits behind an earlier event of the same row", false).await
}

/// Notes the first refusal of an event.
pub(crate) async fn park(
    db: &Db,
    settings: &Settings,
    consumer: &str,
    event: &Event,
    reason: &str,
) -> Result<Refusal, Error> {
    let is_dead = settings.attempts <= 1;
    insert(db, consumer, event, 1, settings.retry_after(1), &cut(reason), is_dead).await?;
    Ok(Refusal { attempts: 1, is_dead })
}

/// Notes a further refusal of an event; `None` when it is not waiting any more.
pub(crate) async fn refuse_again(
    db: &Db,
    settings: &Settings,
    consumer: &str,
    due: &Due,
    reason: &str,
) -> Result<Option<Refusal>, Error> {
    const SQL: &str = "
        UPDATE event_failures SET attempts = $3, next_at = now() + make_interval(secs => $4), reason = $5,
            dead_at = CASE WHEN $6 THEN now() END
        WHERE consumer = $1 AND event_id = $2 AND dead_at IS NULL AND attempts = $3 - 1";
    let attempts = u32::try_from(due.attempts).unwrap_or(0) + 1;
    let is_dead = attempts >= settings.attempts;
    let update = sqlx::query(SQL)
        .bind(consumer)
        .bind(due.event.event_id)
        .bind(due.attempts + 1)
        .bind(settings.retry_after(attempts).as_secs_f64())
        .bind(cut(reason))
        .bind(is_dead);
    let updated = db.execute(update).await?;
    Ok((updated == 1).then_some(Refusal { attempts, is_dead }))
}

/// Takes an event out of those that wait; false when it is not among them, or the part is in other hands.
pub(crate) async fn take(db: &Db, consumer: &str, event: &Event, fence: i64) -> Result<bool, Error> {
    const SQL: &str = "
        DELETE FROM event_failures WHERE consumer = $1 AND event_id = $2 AND dead_at IS NULL
            AND EXISTS (SELECT FROM event_partitions WHERE partition = $3 AND fence = $4)";
    let delete = sqlx::query(SQL).bind(consumer).bind(event.event_id).bind(event.partition).bind(fence);
    db.execute(delete).await.map(|deleted| deleted == 1)
}

async fn insert(
    db: &Db,
    consumer: &str,
    event: &Event,
    attempts: i32,
    wait: Duration,
    reason: &str,
    is_dead: bool,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO event_failures (consumer, event_id, partition, entity_id, position, attempts, next_at, reason, dead_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8, CASE WHEN $9 THEN now() END)
        ON CONFLICT ON CONSTRAINT event_failures_pkey DO NOTHING";
    let insert = sqlx::query(SQL)
        .bind(consumer)
        .bind(event.event_id)
        .bind(event.partition)
        .bind(event.entity_id)
        .bind(event.position)
        .bind(attempts)
        .bind(wait.as_secs_f64())
        .bind(reason)
        .bind(is_dead);
    db.execute(insert).await.map(|_| ())
}

fn cut(reason: &str) -> String {
    // PostgreSQL takes no NUL in a text.
    reason.chars().filter(|character| *character != '\0').take(LONGEST_REASON).collect()
}
