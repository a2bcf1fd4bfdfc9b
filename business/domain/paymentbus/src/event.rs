//! What is told of a payment that changed.

use cards::{ChargeId, Reason};
use changes::{Change, Entity, Fields};

use crate::model::{MethodKind, Payment, Status};

/// What payments are called in audits and events.
pub const ENTITY: Entity = Entity::new("payment");

/// A word of the provider's, as it is seen.
struct Word<'w>(&'w str);

impl Word<'_> {
    fn as_str(&self) -> &str {
        self.0
    }
}

changes::shown! {
    Status => as_str,
    MethodKind => as_str,
    Word<'_> => as_str,
}

pub(crate) fn created(payment: &Payment) -> Change {
    Change::created(ENTITY, payment.id, payment.version, fields(payment)).owned_by(payment.owner)
}

pub(crate) fn updated(before: &Payment, after: &Payment) -> Change {
    Change::updated(ENTITY, after.id, after.version, fields(before), fields(after)).owned_by(after.owner)
}

fn fields(payment: &Payment) -> Fields {
    Fields::new()
        .field("order_id", &payment.order_id())
        .field("method", &payment.method)
        .field("amount", &payment.amount)
        .field("status", &payment.status)
        .field("charge_id", &payment.charge_id.as_ref().map(ChargeId::as_str).map(Word))
        .field("reason", &payment.reason.as_ref().map(Reason::as_str).map(Word))
}
