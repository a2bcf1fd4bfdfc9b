//! Which entries of a wallet a list shows, and in what order.

use paging::Direction;
use types::{Currency, Timestamp};

use crate::model::Reason;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which entries to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// The money moved for this reason.
    pub reason: Option<Reason>,
    /// The money has this currency.
    pub currency: Option<Currency>,
    /// Booked at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Booked before this moment.
    pub created_before: Option<Timestamp>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The moment it was booked.
    CreatedAt,
}
