//! What changes leave behind, in a real database.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod audits;
mod events;
mod secrecy;

use changes::{Actor, Change, Entity, Fields, Origin, Traceparent, Value};
use sqldb::{Db, Error};
use types::{Email, Id, Name, UserId, Version};

/// The rows of a domain that the tests make up.
#[derive(Debug)]
pub(crate) enum PersonKind {}
pub(crate) type PersonId = Id<PersonKind>;

pub(crate) const PERSON: Entity = Entity::new("person");

/// A row with something of every kind.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) version: Version,
    pub(crate) email: Email,
    pub(crate) nickname: Name,
    pub(crate) age: Option<i32>,
    pub(crate) enabled: bool,
}

pub(crate) fn ada() -> Person {
    Person {
        id: PersonId::new(),
        version: Version::FIRST,
        email: Email::parse("ada@example.com").unwrap(),
        nickname: Name::parse("Countess").unwrap(),
        age: None,
        enabled: true,
    }
}

pub(crate) fn fields(person: &Person) -> Fields {
    Fields::new()
        .personal("email", &person.email)
        .field("nickname", &person.nickname)
        .field("age", &person.age)
        .field("enabled", &person.enabled)
}

pub(crate) fn created(person: &Person) -> Change {
    Change::created(PERSON, person.id, person.version, fields(person))
}

/// An audit, as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Audit {
    pub(crate) audit_id: uuid::Uuid,
    pub(crate) occurred_at: types::Timestamp,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<uuid::Uuid>,
    pub(crate) actor_name: Option<String>,
    pub(crate) entity: String,
    pub(crate) entity_id: uuid::Uuid,
    pub(crate) action: String,
    pub(crate) version: i64,
    pub(crate) difference: Value,
    pub(crate) trace_id: Option<String>,
    pub(crate) address: Option<String>,
}

/// An event, as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Event {
    pub(crate) event_id: uuid::Uuid,
    pub(crate) partition: i16,
    pub(crate) position: Option<i64>,
    pub(crate) entity: String,
    pub(crate) entity_id: uuid::Uuid,
    pub(crate) version: i64,
    pub(crate) action: String,
    pub(crate) owner_id: Option<uuid::Uuid>,
    pub(crate) data: Value,
    pub(crate) traceparent: Option<String>,
    pub(crate) occurred_at: types::Timestamp,
}

pub(crate) async fn audits(db: &Db) -> Vec<Audit> {
    const SQL: &str = "
        SELECT audit_id, occurred_at, actor_kind, actor_id, actor_name, entity, entity_id, action, version, difference,
            trace_id, host(address) AS address
        FROM audits ORDER BY audit_id";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

pub(crate) async fn events(db: &Db) -> Vec<Event> {
    const SQL: &str = "
        SELECT event_id, partition, position, entity, entity_id, version, action, owner_id, data, traceparent, occurred_at
        FROM events ORDER BY seq";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

/// Records in a transaction of its own.
pub(crate) async fn record(db: &Db, list: &[Change]) -> Result<(), Error> {
    db.atomic(async |tx| changes::record(&tx, list).await).await
}

pub(crate) fn from_a_browser(user_id: UserId) -> Origin {
    Origin {
        actor: Actor::User(user_id),
        address: Some([192, 0, 2, 1].into()),
        traceparent: Traceparent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    }
}
