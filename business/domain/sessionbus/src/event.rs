//! What the domain announces.

use changes::{Action, Change, Entity, Fields};
use types::Version;

use crate::model::Session;

/// What sessions are called in audits and events.
pub const ENTITY: Entity = Entity::new("session");
const ENDED: Action = Action::new("ended");
const REUSE_DETECTED: Action = Action::new("reuse_detected");

/// A session begins and ends, and is no other thing between.
const ONLY: Version = Version::FIRST;

pub(crate) fn created(session: &Session) -> Change {
    Change::created(ENTITY, session.id, ONLY, fields(session)).owned_by(session.user_id)
}

/// Its user signed out, it expired, or it was one too many.
pub(crate) fn ended(session: &Session) -> Change {
    gone(session).called(ENDED)
}

/// A spent token came again, and ended it.
pub(crate) fn reuse_detected(session: &Session) -> Change {
    gone(session).called(REUSE_DETECTED)
}

fn gone(session: &Session) -> Change {
    Change::deleted(ENTITY, session.id, ONLY, fields(session)).owned_by(session.user_id)
}

/// Not the device: every audit has the address that its request came from, and what else a client says of itself is
/// nobody's business but its user's.
fn fields(session: &Session) -> Fields {
    Fields::new().field("user_id", &session.user_id).field("created_at", &session.created_at)
}
