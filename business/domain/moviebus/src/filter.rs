//! Which films a list shows, and in what order.

use paging::Direction;
use types::LineError;

use crate::model::{Genre, Rating};

/// The order of a list for which nothing else is asked.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::Title, Direction::Ascending)];

/// The order of a search for which nothing else is asked.
pub const SEARCH_ORDER: [(OrderField, Direction); 1] = [(OrderField::Relevance, Direction::Descending)];

/// Which films to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Words that begin words of the title or the director, accents and case aside. When no film has them all, the
    /// films whose words resemble them.
    pub search: Option<Search>,
    /// Has one of these genres, accents and case aside; empty for any.
    pub genres: Vec<Genre>,
    /// Was released in this year or later.
    pub year_from: Option<i32>,
    /// Was released in this year or earlier.
    pub year_to: Option<i32>,
    /// Has this rating.
    pub rating: Option<Rating>,
    /// Costs at least this, in minor units of whatever its currency is.
    pub price_from: Option<i64>,
    /// Costs at most this, in minor units of whatever its currency is.
    pub price_to: Option<i64>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The title, accents and case aside.
    Title,
    /// The year of release.
    Year,
    /// The running time; films without a known one come last in both directions.
    Runtime,
    /// The price's amount, whatever its currency is.
    Price,
    /// The moment the film entered the catalogue.
    CreatedAt,
    /// How well the film fits the search. Without a search all films fit equally well.
    Relevance,
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
