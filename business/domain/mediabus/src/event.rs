//! What is told of a medium that came or went.

use changes::{Change, Entity, Fields};
use types::Version;

use crate::model::{ContentType, Digest, Kind, Medium};

/// What media are called in audits and events.
pub const ENTITY: Entity = Entity::new("medium");

changes::shown! {
    Kind => as_str,
    ContentType => as_str,
    Digest => hex,
}

pub(crate) fn created(medium: &Medium) -> Change {
    Change::created(ENTITY, medium.id, Version::FIRST, fields(medium).field("movie_id", &medium.movie_id))
}

/// The film may be gone.
pub(crate) fn deleted(medium: &Medium) -> Change {
    Change::deleted(ENTITY, medium.id, Version::FIRST, fields(medium))
}

fn fields(medium: &Medium) -> Fields {
    Fields::new()
        .field("kind", &medium.kind)
        .field("content_type", &medium.content_type)
        .field("size", &medium.size)
        .field("sha256", &medium.sha256)
}
