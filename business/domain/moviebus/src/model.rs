//! A film, what it takes to make or change one, and the values that only films have.

use std::fmt;

use types::{LineError, Money, MovieId, Patch, Timestamp, Version};

/// A film of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Movie {
    /// Identifies the film.
    pub id: MovieId,
    /// The title.
    pub title: Title,
    /// The year of its first release.
    pub year: Year,
    /// The running time, where it is known.
    pub runtime: Option<Runtime>,
    /// The genres, the most fitting first.
    pub genres: Genres,
    /// The director, where they are known.
    pub director: Option<Director>,
    /// The rating, where there is one.
    pub rating: Option<Rating>,
    /// What one copy costs.
    pub price: Price,
    /// Copies left to sell.
    pub stock: Stock,
    /// One more after every change.
    pub version: Version,
    /// When the film entered the catalogue.
    pub created_at: Timestamp,
    /// When the film was last changed.
    pub updated_at: Timestamp,
}

/// What a new film is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMovie {
    /// The title.
    pub title: Title,
    /// The year of its first release.
    pub year: Year,
    /// The running time, where it is known.
    pub runtime: Option<Runtime>,
    /// The genres, the most fitting first.
    pub genres: Genres,
    /// The director, where they are known.
    pub director: Option<Director>,
    /// The rating, where there is one.
    pub rating: Option<Rating>,
    /// What one copy costs.
    pub price: Price,
    /// Copies to sell.
    pub stock: Stock,
}

/// What to change of a film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateMovie {
    /// The new title.
    pub title: Option<Title>,
    /// The new year.
    pub year: Option<Year>,
    /// What to do with the running time.
    pub runtime: Patch<Runtime>,
    /// The new genres, all of them.
    pub genres: Option<Genres>,
    /// What to do with the director.
    pub director: Patch<Director>,
    /// What to do with the rating.
    pub rating: Patch<Rating>,
    /// The new price.
    pub price: Option<Price>,
    /// The new stock.
    pub stock: Option<Stock>,
}

/// A film from another source.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportMovie {
    /// Names the film in that source.
    pub key: ImportKey,
    /// The film.
    pub new: NewMovie,
}

/// What became of one film of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is in the catalogue now.
    Created(MovieId),
    /// An import before this one, or a row before this one, had the same key.
    Known,
    /// The catalogue has a film with this title, year and director under no key or another one.
    DuplicateTitle,
}

/// A title: a line of 1 to 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Title(String);

/// A director: a line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Director(String);

/// The name of a film in the source it comes from: a line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportKey(String);

/// A genre: a line of 1 to 50 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Genre(String);

/// Up to five genres, no two of which differ only in case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genres(Vec<Genre>);

/// A year of release, from the first film's to next year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Year(i32);

/// A running time of 1 minute to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Runtime(i32);

/// A rating of the Motion Picture Association. A film that was never rated has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// General audiences.
    G,
    /// Parental guidance suggested.
    Pg,
    /// Parents strongly cautioned.
    Pg13,
    /// Restricted.
    R,
    /// Adults only.
    Nc17,
}

/// A price: zero or more, in the minor unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(Money);

/// A number of copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stock(i32);

/// Why a set of genres is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenresError {
    /// More than a film may have.
    #[error("must have at most {} items", Genres::MAX)]
    TooMany,
    /// Two are equal but for case.
    #[error("must not name a genre twice")]
    Repeated,
}

/// A number is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max}")]
pub struct RangeError {
    /// The smallest number that is taken.
    pub min: i64,
    /// The largest number that is taken.
    pub max: i64,
}

/// The text is no rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of G, PG, PG-13, R, NC-17")]
pub struct RatingError;

impl NewMovie {
    /// The film that is made of it.
    pub(crate) fn into_movie(self, id: MovieId, now: Timestamp) -> Movie {
        Movie {
            id,
            title: self.title,
            year: self.year,
            runtime: self.runtime,
            genres: self.genres,
            director: self.director,
            rating: self.rating,
            price: self.price,
            stock: self.stock,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        }
    }
}

impl UpdateMovie {
    /// `movie` after the update, still with its old version and time.
    pub fn apply(self, movie: &Movie) -> Movie {
        let before = movie.clone();
        Movie {
            title: self.title.unwrap_or(before.title),
            year: self.year.unwrap_or(before.year),
            runtime: self.runtime.apply(before.runtime),
            genres: self.genres.unwrap_or(before.genres),
            director: self.director.apply(before.director),
            rating: self.rating.apply(before.rating),
            price: self.price.unwrap_or(before.price),
            stock: self.stock.unwrap_or(before.stock),
            ..before
        }
    }
}

/// The three functions of a value that is a line of text.
macro_rules! line {
    ($name:ident, $max:literal) => {
        impl $name {
            /// The longest one, in characters.
            pub const MAX: usize = $max;

            /// Reads untrusted text.
            ///
            /// # Errors
            /// The text is blank, too long or has control characters.
            pub fn parse(text: &str) -> Result<Self, LineError> {
                types::line(text, Self::MAX).map(Self)
            }

            /// Takes stored text.
            pub fn restore(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

line!(Title, 500);
line!(Director, 200);
line!(ImportKey, 200);
line!(Genre, 50);

impl Genres {
    /// The most genres of a film.
    pub const MAX: usize = 5;

    /// Puts untrusted genres together, in their order.
    ///
    /// # Errors
    /// There are too many, or one of them twice.
    pub fn parse(genres: Vec<Genre>) -> Result<Self, GenresError> {
        if genres.len() > Self::MAX {
            return Err(GenresError::TooMany);
        }
        let folded: Vec<_> = genres.iter().map(|genre| genre.0.to_lowercase()).collect();
        if (1..folded.len()).any(|i| folded[..i].contains(&folded[i])) {
            return Err(GenresError::Repeated);
        }
        Ok(Self(genres))
    }

    /// Takes stored genres.
    pub fn restore(genres: Vec<String>) -> Self {
        Self(genres.into_iter().map(Genre::restore).collect())
    }

    /// The genres, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Genre> {
        self.0.iter()
    }
}

impl Year {
    /// The year of the first film, "Roundhay Garden Scene".
    pub const MIN: i32 = 1888;

    /// The last year that is taken: next year, since films are announced before their release.
    pub fn max() -> i32 {
        chrono::Datelike::year(&types::now()) + 1
    }

    /// Reads an untrusted number.
    ///
    /// # Errors
    /// The number is out of its range, which moves with the calendar.
    pub fn parse(number: i64) -> Result<Self, RangeError> {
        within(number, Self::MIN.into(), Self::max().into()).map(Self)
    }

    /// Takes a stored number.
    pub fn restore(number: i32) -> Self {
        Self(number)
    }

    /// The year as a number.
    pub fn number(self) -> i32 {
        self.0
    }
}

impl Runtime {
    /// The longest running time, in minutes.
    pub const MAX: i32 = 24 * 60;

    /// Reads an untrusted number of minutes.
    ///
    /// # Errors
    /// The number is out of its range.
    pub fn parse(minutes: i64) -> Result<Self, RangeError> {
        within(minutes, 1, Self::MAX.into()).map(Self)
    }

    /// Takes a stored number of minutes.
    pub fn restore(minutes: i32) -> Self {
        Self(minutes)
    }

    /// The running time in minutes.
    pub fn minutes(self) -> i32 {
        self.0
    }
}

impl Rating {
    /// Every rating, the mildest first.
    pub const ALL: [Self; 5] = [Self::G, Self::Pg, Self::Pg13, Self::R, Self::Nc17];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no rating.
    pub fn parse(text: &str) -> Result<Self, RatingError> {
        Self::ALL.into_iter().find(|rating| rating.as_str() == text).ok_or(RatingError)
    }

    /// Takes stored text; a rating that this release does not know reads as none.
    pub fn restore(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// The rating as it is printed on a poster.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::G => "G",
            Self::Pg => "PG",
            Self::Pg13 => "PG-13",
            Self::R => "R",
            Self::Nc17 => "NC-17",
        }
    }
}

impl Price {
    /// The largest amount, in minor units. The sum of a thousand of them is still exact as a JSON number, which many
    /// readers take for a double (RFC 8259, section 6).
    pub const MAX: i64 = 999_999_999_999;

    /// Takes untrusted money.
    ///
    /// # Errors
    /// The amount is out of its range.
    pub fn parse(money: Money) -> Result<Self, RangeError> {
        match money.amount {
            0..=Self::MAX => Ok(Self(money)),
            _ => Err(RangeError { min: 0, max: Self::MAX }),
        }
    }

    /// Takes stored money.
    pub fn restore(money: Money) -> Self {
        Self(money)
    }

    /// The price as money.
    pub fn money(self) -> Money {
        self.0
    }
}

impl Stock {
    /// The most copies.
    pub const MAX: i32 = i32::MAX;

    /// Reads an untrusted number.
    ///
    /// # Errors
    /// The number is out of its range.
    pub fn parse(copies: i64) -> Result<Self, RangeError> {
        within(copies, 0, Self::MAX.into()).map(Self)
    }

    /// Takes a stored number.
    pub fn restore(copies: i32) -> Self {
        Self(copies)
    }

    /// The number of copies.
    pub fn copies(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn within(number: i64, min: i64, max: i64) -> Result<i32, RangeError> {
    match i32::try_from(number) {
        Ok(small) if (min..=max).contains(&number) => Ok(small),
        _ => Err(RangeError { min, max }),
    }
}
