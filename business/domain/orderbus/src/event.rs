//! What is told of an order that changed.

use changes::{Change, Entity, Fields, Shown, Value};

use crate::model::{Order, Status, Worth};

/// What orders are called in audits and events.
pub const ENTITY: Entity = Entity::new("order");

changes::shown! {
    Status => as_str,
}

impl Shown for Worth {
    fn show(&self) -> Value {
        self.money().show()
    }
}

pub(crate) fn created(order: &Order) -> Change {
    Change::created(ENTITY, order.id, order.version, fields(order)).owned_by(order.owner)
}

pub(crate) fn updated(before: &Order, after: &Order) -> Change {
    Change::updated(ENTITY, after.id, after.version, fields(before), fields(after)).owned_by(after.owner)
}

pub(crate) fn deleted(order: &Order) -> Change {
    Change::deleted(ENTITY, order.id, order.version, fields(order)).owned_by(order.owner)
}

fn fields(order: &Order) -> Fields {
    Fields::new().field("status", &order.status).field("worth", &order.worth)
}
