//! Which media a list shows, and in what order.

use paging::Direction;
use types::MovieId;

use crate::model::Kind;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which media to show: those that meet every condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryFilter {
    /// Is of this film.
    pub movie_id: MovieId,
    /// Has this kind, if one is set.
    pub kind: Option<Kind>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The moment the medium was added.
    CreatedAt,
}
