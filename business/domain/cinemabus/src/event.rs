//! What is told of a cinema that changed.

use changes::{Change, Entity, Fields};

use crate::geo::{Latitude, Longitude};
use crate::model::{Address, Cinema, Name, Screens};
use crate::places::PlaceId;

/// What cinemas are called in audits and events.
pub const ENTITY: Entity = Entity::new("cinema");

changes::shown! {
    Name => as_str,
    Address => as_str,
    PlaceId => number,
    Latitude => degrees,
    Longitude => degrees,
    Screens => number,
}

pub(crate) fn created(cinema: &Cinema) -> Change {
    Change::created(ENTITY, cinema.id, cinema.version, fields(cinema))
}

pub(crate) fn updated(before: &Cinema, after: &Cinema) -> Change {
    Change::updated(ENTITY, after.id, after.version, fields(before), fields(after))
}

pub(crate) fn deleted(cinema: &Cinema) -> Change {
    Change::deleted(ENTITY, cinema.id, cinema.version, fields(cinema))
}

fn fields(cinema: &Cinema) -> Fields {
    Fields::new()
        .field("name", &cinema.name)
        .field("address", &cinema.address)
        .field("place", &cinema.place)
        .field("latitude", &cinema.latitude)
        .field("longitude", &cinema.longitude)
        .field("screens", &cinema.screens)
}
