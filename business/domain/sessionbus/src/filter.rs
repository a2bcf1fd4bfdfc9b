//! In what order sessions are listed.

use paging::Direction;

/// The order of a list for which nothing else is asked.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::LastUsedAt, Direction::Descending)];

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The moment of the sign-in.
    CreatedAt,
    /// The moment of the last refresh.
    LastUsedAt,
}
