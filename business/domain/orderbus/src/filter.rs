//! Which orders a list shows, and in what order.

use paging::Direction;
use types::MovieId;

use crate::model::Status;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which orders to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Has this status.
    pub status: Option<Status>,
    /// Has copies of this film.
    pub movie_id: Option<MovieId>,
    /// The total is at least this, in minor units of whatever its currency is.
    pub total_from: Option<i64>,
    /// The total is at most this, in minor units of whatever its currency is.
    pub total_to: Option<i64>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The amount of the total, whatever its currency is.
    Total,
    /// The moment the order was placed.
    CreatedAt,
}
