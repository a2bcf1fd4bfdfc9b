//! Changes to read the audits of.

use std::net::IpAddr;

use auditbus::{Audit, Business, OrderField, QueryFilter};
use changes::{Action, Actor, Change, Entity, Fields, Origin, Traceparent};
use paging::{Direction, OrderBy, Page};
use sqldb::Db;
use types::{Id, Version};

#[derive(Debug)]
pub(crate) enum ThingKind {}
pub(crate) type ThingId = Id<ThingKind>;

pub(crate) const THING: Entity = Entity::new("thing");
pub(crate) const OTHER: Entity = Entity::new("other");

/// A business on a database of its own. The database lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = dbtest::Database::new().await;
    let audits = Business::new(database.db());
    (database, audits)
}

/// Changes a row, on somebody's behalf.
pub(crate) async fn change(db: &Db, origin: Origin, entity: Entity, id: ThingId, action: Action) {
    let fields = |number: i32| Some(Fields::new().field("number", &number));
    let (before, after) = match action {
        Action::CREATED => (None, fields(1)),
        Action::DELETED => (fields(2), None),
        _ => (fields(1), fields(2)),
    };
    let change = Change { entity, id: id.uuid(), version: Version::FIRST, action, owner: None, before, after };
    let record = db.atomic(async |tx| changes::record(&tx, std::slice::from_ref(&change)).await);
    changes::within(origin, record).await.unwrap();
}

/// From this actor, address and trace.
pub(crate) fn origin(actor: Actor, address: &str, trace_id: &str) -> Origin {
    Origin {
        actor,
        address: Some(address.parse::<IpAddr>().unwrap()),
        traceparent: Traceparent::parse(&format!("00-{trace_id}-b7ad6b7169203331-01")),
    }
}

/// The audits that the filter selects, the newest first.
pub(crate) async fn all(audits: &Business, filter: &QueryFilter) -> Vec<Audit> {
    let order = OrderBy::by(OrderField::OccurredAt, Direction::Descending);
    audits.query(filter, order, &Page::first(100)).await.unwrap().items
}
