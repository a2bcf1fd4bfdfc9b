//! Which sales a list shows, or are counted, and in what order.

use orderbus::Status;
use paging::Direction;
use types::{Currency, LineError, MovieId, Timestamp, UserId};

use crate::model::By;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which sales to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// The order has one of these statuses; whichever, when there are none.
    pub statuses: Vec<Status>,
    /// Is of this film.
    pub movie_id: Option<MovieId>,
    /// Was ordered by this user, who may be gone by now.
    pub buyer: Option<UserId>,
    /// Was ordered by somebody with an account that has this in its name or address.
    pub search: Option<Search>,
    /// Was ordered at this moment or later.
    pub from: Option<Timestamp>,
    /// Was ordered before this moment.
    pub to: Option<Timestamp>,
    /// Came to at least this, in minor units of whatever its currency is.
    pub amount_from: Option<i64>,
    /// Came to at most this, in minor units of whatever its currency is.
    pub amount_to: Option<i64>,
    /// The total of the order is at least this, in minor units of whatever its currency is.
    pub total_from: Option<i64>,
    /// The total of the order is at most this, in minor units of whatever its currency is.
    pub total_to: Option<i64>,
    /// Has this currency.
    pub currency: Option<Currency>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The amount of the sale, whatever its currency is.
    Amount,
    /// The moment the order was placed.
    CreatedAt,
}

/// What totals can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TotalField {
    /// The amount, whatever its currency is.
    Amount,
    /// How many copies.
    Copies,
    /// How many orders.
    Orders,
    /// The month; of totals by film there is none, and all are equal.
    Month,
}

/// A part of a name or of an address: a line of 3 to 254 characters. Shorter ones are in too many of them, and in no index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(String);

/// The text is no such part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Too short.
    #[error("must have at least {} characters", Search::MIN)]
    Short,
    /// Blank, too long or not on one line.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl By {
    /// The order of totals for which nothing else is asked: films by what they came to, months by time, the last ones first.
    pub const fn default_order(self) -> &'static [(TotalField, Direction)] {
        match self {
            Self::Film => &[(TotalField::Amount, Direction::Descending)],
            Self::Month => &[(TotalField::Month, Direction::Descending)],
        }
    }
}

impl Search {
    /// The shortest text, in characters: a trigram.
    pub const MIN: usize = 3;

    /// The longest text, in characters.
    pub const MAX: usize = 254;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no such part.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        let line = types::line(text, Self::MAX)?;
        if line.chars().count() < Self::MIN { Err(SearchError::Short) } else { Ok(Self(line)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
