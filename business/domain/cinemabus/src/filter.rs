//! Which cinemas a list shows, and in what order.

use paging::Direction;
use types::LineError;

use crate::geo::{Latitude, Longitude};
use crate::places::PlaceId;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::CreatedAt, Direction::Descending)];

/// Which cinemas to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Words that begin words of the name, accents and case aside. When none has them all, those whose words
    /// resemble them.
    pub search: Option<Search>,
    /// Is in this place.
    pub place: Option<PlaceId>,
    /// Is at this latitude or north of it.
    pub latitude_from: Option<Latitude>,
    /// Is at this latitude or south of it.
    pub latitude_to: Option<Latitude>,
    /// Is at this longitude or east of it.
    pub longitude_from: Option<Longitude>,
    /// Is at this longitude or west of it.
    pub longitude_to: Option<Longitude>,
    /// Has at least so many screens.
    pub screens_from: Option<i32>,
    /// Has at most so many screens.
    pub screens_to: Option<i32>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The name, accents and case aside.
    Name,
    /// The number of screens.
    Screens,
    /// The moment the cinema was added.
    CreatedAt,
}

/// What a person searches for: a line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(String);

impl Search {
    /// The longest text, in characters.
    pub const MAX: usize = 200;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is blank, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        types::line(text, Self::MAX).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
