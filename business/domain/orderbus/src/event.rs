//! What is told of an order that changed.

use changes::{Change, Entity, Fields, Shown, Value};

use crate::model::{Item, Order, Status};

/// What orders are called in audits and events.
pub const ENTITY: Entity = Entity::new("order");

changes::shown! {
    Status => as_str,
}

impl Shown for Item {
    fn show(&self) -> Value {
        Value::Object(
            [
                ("movie_id".to_owned(), self.movie_id.show()),
                ("title".to_owned(), self.title.show()),
                ("quantity".to_owned(), self.quantity.copies().into()),
                ("price".to_owned(), self.price.show()),
            ]
            .into_iter()
            .collect(),
        )
    }
}

pub(crate) fn created(order: &Order) -> Change {
    Change::created(ENTITY, order.id, order.version, fields(order)).owned_by(order.owner)
}

pub(crate) fn updated(before: &Order, after: &Order) -> Change {
    Change::updated(ENTITY, after.id, after.version, fields(before), fields(after)).owned_by(after.owner)
}

fn fields(order: &Order) -> Fields {
    Fields::new().field("status", &order.status).field("items", &order.items).field("total", &order.total)
}
