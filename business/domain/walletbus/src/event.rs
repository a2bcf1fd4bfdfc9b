//! What is told of money that one user sent to another.

use changes::{Change, Entity, Fields};
use types::{UserId, Version};

use crate::model::Transfer;

/// What transfers are called in audits and events.
pub const ENTITY: Entity = Entity::new("transfer");

/// Nothing is told of other movements: they are part of a payment, which tells of itself.
pub(crate) fn created(transfer: &Transfer, from: UserId, to: UserId) -> Change {
    let fields = Fields::new().field("from", &from).field("to", &to).field("amount", &transfer.amount);
    Change::created(ENTITY, transfer.id, Version::FIRST, fields).owned_by(from)
}
