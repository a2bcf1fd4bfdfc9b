//! Rows of a domain that the tests make up, changed by everybody.

use apitest::Api;
use changes::{Action, Actor, Change, Entity, Fields, Origin, Traceparent};
use types::{Email, Id, UserId, Version};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) enum ThingKind {}
pub(crate) type ThingId = Id<ThingKind>;

pub(crate) const THING: Entity = Entity::new("thing");

pub(crate) const ADA: Uuid = Uuid::from_u128(7);

pub(crate) const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// Ada at her browser.
pub(crate) fn ada() -> Origin {
    Origin {
        actor: Actor::User(UserId::restore(ADA)),
        address: Some([192, 0, 2, 1].into()),
        traceparent: Traceparent::parse(&format!("00-{TRACE_ID}-b7ad6b7169203331-01")),
    }
}

/// Changes a row that tells of a person, of a number, and of a secret.
pub(crate) async fn change(api: &Api, origin: Origin, id: ThingId, action: Action) {
    let fields = |number: i32| {
        let email = Email::parse(&format!("ada-{number}@example.com")).unwrap();
        Some(Fields::new().field("number", &number).personal("email", &email))
    };
    let (before, after) = match action {
        Action::CREATED => (None, fields(1)),
        Action::DELETED => (fields(2), None),
        _ => (fields(1), fields(2).map(|fields| fields.changed("password"))),
    };
    let change = Change { entity: THING, id: id.uuid(), version: Version::FIRST, action, owner: None, before, after };
    let record = api.db().atomic(async |tx| changes::record(&tx, std::slice::from_ref(&change)).await);
    changes::within(origin, record).await.unwrap();
}
