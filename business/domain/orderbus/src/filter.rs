//! Which orders a list shows, and in what order.

use paging::Direction;

use crate::model::Status;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which orders to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Has this status.
    pub status: Option<Status>,
    /// The worth is at least this, in minor units of whatever its currency is.
    pub worth_from: Option<i64>,
    /// The worth is at most this, in minor units of whatever its currency is.
    pub worth_to: Option<i64>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The worth's amount, whatever its currency is.
    Worth,
    /// The moment the order was added.
    CreatedAt,
}
