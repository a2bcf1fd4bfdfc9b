//! A place, and what it takes to find one.

use types::LineError;

use crate::geo::Point;

/// A city or town.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Identifies it.
    pub id: PlaceId,
    /// What it is called.
    pub name: PlaceName,
    /// The country that it is in.
    pub country: Country,
    /// The code of the state or province within the country, where GeoNames has one.
    pub admin1: Option<String>,
    /// Where it is.
    pub point: Point,
    /// How many people live there; 0 where nobody knows.
    pub population: i32,
    /// Its time zone, a name of the IANA database.
    pub time_zone: String,
}

/// The id that GeoNames has given to a place: 1 or greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(i32);

/// The name of a place: a line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceName(String);

/// A country: two capital letters (ISO 3166-1, alpha-2; and XK, which GeoNames has for Kosovo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// What a person typed to find a place: a line of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed(String);

/// Which places are meant: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// They are called like this.
    pub typed: Option<Typed>,
    /// They are in this country.
    pub country: Option<Country>,
    /// They are around here.
    pub circle: Option<Circle>,
}

/// All that lies around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// The point.
    pub centre: Point,
    /// How far it reaches, in metres; `None`: around the earth.
    pub radius: Option<u32>,
}

/// A place that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The place.
    pub place: Place,
    /// How far it is from the centre of the search, in metres on a sphere; `None` without a centre.
    pub distance: Option<f64>,
}

/// What became of a batch of places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Those that are new.
    pub created: u64,
    /// Those that were different before.
    pub updated: u64,
}

/// The number is no id of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {} to {}", PlaceId::MIN, PlaceId::MAX)]
pub struct PlaceIdError;

/// The text is no country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a country code of ISO 3166-1, such as CH")]
pub struct CountryError;

impl PlaceId {
    /// The smallest one.
    pub const MIN: i32 = 1;
    /// The largest one.
    pub const MAX: i32 = i32::MAX;

    /// Reads an untrusted number.
    ///
    /// # Errors
    /// The number is out of range.
    pub fn parse(number: i64) -> Result<Self, PlaceIdError> {
        match i32::try_from(number) {
            Ok(small) if small >= Self::MIN => Ok(Self(small)),
            _ => Err(PlaceIdError),
        }
    }

    /// Takes a stored number.
    pub fn restore(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    pub fn number(self) -> i32 {
        self.0
    }
}

impl PlaceName {
    /// The longest one, in characters.
    pub const MAX: usize = 200;

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

impl Country {
    /// Reads untrusted text.
    ///
    /// # Errors
    /// It is not two capital letters.
    pub fn parse(text: &str) -> Result<Self, CountryError> {
        match *text.as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([first, second])),
            _ => Err(CountryError),
        }
    }

    /// Takes stored text, which is two letters.
    pub fn restore(text: &str) -> Self {
        match *text.as_bytes() {
            [first, second] if text.is_ascii() => Self([first, second]),
            // ISO leaves it to its users; nothing else is in the table.
            _ => Self(*b"ZZ"),
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl Typed {
    /// The longest text, in characters.
    pub const MAX: usize = 100;

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

impl Circle {
    /// The largest radius, in metres.
    pub const MAX_RADIUS: u32 = 1_000_000;
}
