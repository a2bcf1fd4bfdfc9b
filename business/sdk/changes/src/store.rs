//! Changes in PostgreSQL: audits and events, written by one statement.

use chrono::DateTime;
use serde::Serialize;
use sqldb::{Error, Tx};
use types::{Id, Timestamp, UserId};
use uuid::Uuid;

use crate::change::Change;
use crate::fields::{Announcement, Difference};
use crate::name::Entity;
use crate::origin::{Traceparent, current};

/// How many parts the events have that are each kept in order. All events of a row are in one of them.
pub const PARTITIONS: u8 = 8;

/// The partition of the events of the row `id`: its last byte, which is random in a UUID of version 7, decides.
pub const fn partition(id: Uuid) -> u8 {
    id.as_bytes()[15] % PARTITIONS
}

/// Writes an audit and an event of each change into the transaction that makes it, with the [`origin`](crate::origin) of
/// the work around. Call it after the statement that changes the row: from then on no other transaction can change it,
/// so that the events of a row are written in the order of its changes.
///
/// One statement, whatever their number; none where there is nothing to tell.
///
/// # Errors
/// See [`Error`]; the transaction can't be committed then.
pub async fn record(tx: &Tx, changes: &[Change]) -> Result<(), Error> {
    // The insertions are done whether or not the last SELECT, which wakes the relay, finds a row. It notifies only a relay
    // that says it sleeps: whoever notifies waits at the commit for all others who do, one after the other.
    const SQL: &str = "
        WITH batch AS (
            SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::bigint[],
                $7::text[], $8::smallint[], $9::uuid[], $10::text[]) WITH ORDINALITY
                AS change (id, occurred_at, entity, entity_id, action, version, difference, partition, owner_id, data, place)
        ), audited AS (
            INSERT INTO audits (audit_id, occurred_at, actor_kind, actor_id, actor_name, entity, entity_id, action, version,
                difference, trace_id, address)
            SELECT id, occurred_at, $11, $12, $13, entity, entity_id, action, version, difference::jsonb, $14, $15::inet
            FROM batch
        ), announced AS (
            INSERT INTO events (event_id, partition, entity, entity_id, version, action, owner_id, data, traceparent,
                occurred_at)
            SELECT id, partition, entity, entity_id, version, action, owner_id, data::jsonb, $16, occurred_at
            FROM batch ORDER BY place
        )
        SELECT pg_notify('events', '') FROM events_relay WHERE sleeping";
    let news: Vec<&Change> = changes.iter().filter(|change| change.is_news()).collect();
    if news.is_empty() {
        return Ok(());
    }
    let origin = current();
    // An audit and its event have one id. It holds the time, to the millisecond, and orders audits by it.
    let ids = column(&news, |_| Uuid::now_v7());
    let insert = sqlx::query(SQL)
        .bind(column(&ids, |id| *id))
        .bind(column(&ids, |id| time_of(*id)))
        .bind(column(&news, |change| change.entity.as_str()))
        .bind(column(&news, |change| change.id))
        .bind(column(&news, |change| change.action.as_str()))
        .bind(column(&news, |change| change.version.number()))
        .bind(column(&news, |change| json(&Difference(change))))
        .bind(column(&news, |change| i16::from(partition(change.id))))
        .bind(column(&news, |change| change.owner.map(UserId::uuid)))
        .bind(column(&news, |change| json(&Announcement(change))))
        .bind(origin.actor.kind())
        .bind(origin.actor.user_id().map(UserId::uuid))
        .bind(origin.actor.name())
        .bind(origin.traceparent.as_ref().map(Traceparent::trace_id))
        .bind(origin.address.map(|address| address.to_string()))
        .bind(origin.traceparent.as_ref().map(Traceparent::as_str));
    tx.db().execute(insert).await?;
    Ok(())
}

/// Removes what the audits of a row tell of a person ([`Fields::personal`](crate::Fields::personal)), in the transaction
/// that removes the person; that it changed, when and by whom stays. Record the removal itself before.
///
/// # Errors
/// See [`Error`].
pub async fn erase<K>(tx: &Tx, entity: Entity, id: Id<K>) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE audits SET difference = erase_personal(difference)
        WHERE entity = $1 AND entity_id = $2 AND difference <> erase_personal(difference)";
    tx.db().execute(sqlx::query(SQL).bind(entity.as_str()).bind(id.uuid())).await?;
    Ok(())
}

fn column<'c, T, V>(items: &'c [T], value: impl Fn(&'c T) -> V) -> Vec<V> {
    items.iter().map(value).collect()
}

/// What is written can't fail to be JSON: names are text, values are JSON already.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The time that an id of version 7 holds.
fn time_of(id: Uuid) -> Timestamp {
    let unix = id.get_timestamp().map(|time| time.to_unix());
    unix.and_then(|(seconds, nanos)| DateTime::from_timestamp(seconds.cast_signed(), nanos)).unwrap_or_default()
}
