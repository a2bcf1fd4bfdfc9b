//! A cinema, what it takes to make or change one, and the values that only cinemas have.

use types::{CinemaId, LineError, Timestamp, Version};

use crate::geo::{Latitude, Longitude};
use crate::places::PlaceId;

/// A cinema.
#[derive(Clone, Debug, PartialEq)]
pub struct Cinema {
    /// Identifies the cinema.
    pub id: CinemaId,
    /// What it is called.
    pub name: Name,
    /// Its street and number, as people write them.
    pub address: Address,
    /// The place that it is in.
    pub place: PlaceId,
    /// Where it is itself, from south to north.
    pub latitude: Latitude,
    /// Where it is itself, from west to east.
    pub longitude: Longitude,
    /// How many screens it has.
    pub screens: Screens,
    /// One more after every change.
    pub version: Version,
    /// When the cinema was added.
    pub created_at: Timestamp,
    /// When the cinema was last changed.
    pub updated_at: Timestamp,
}

/// What a new cinema is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCinema {
    /// What it is called.
    pub name: Name,
    /// Its street and number, as people write them.
    pub address: Address,
    /// The place that it is in.
    pub place: PlaceId,
    /// Where it is itself, from south to north.
    pub latitude: Latitude,
    /// Where it is itself, from west to east.
    pub longitude: Longitude,
    /// How many screens it has.
    pub screens: Screens,
}

/// What to change of a cinema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateCinema {
    /// The new name.
    pub name: Option<Name>,
    /// The new address.
    pub address: Option<Address>,
    /// The new place.
    pub place: Option<PlaceId>,
    /// The new latitude.
    pub latitude: Option<Latitude>,
    /// The new longitude.
    pub longitude: Option<Longitude>,
    /// The new screens.
    pub screens: Option<Screens>,
}

/// The name: a line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

/// The address: a line of 1 to 300 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

/// The screens: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Screens(i32);

/// A number is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max}")]
pub struct RangeError {
    /// The smallest number that is taken.
    pub min: i64,
    /// The largest number that is taken.
    pub max: i64,
}

impl NewCinema {
    /// The cinema that is made of it.
    pub(crate) fn into_cinema(self, id: CinemaId, now: Timestamp) -> Cinema {
        Cinema {
            id,
            name: self.name,
            address: self.address,
            place: self.place,
            latitude: self.latitude,
            longitude: self.longitude,
            screens: self.screens,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        }
    }
}

impl UpdateCinema {
    /// `cinema` after the update, still with its old version and time.
    pub fn apply(self, cinema: &Cinema) -> Cinema {
        let before = cinema.clone();
        Cinema {
            name: self.name.unwrap_or(before.name),
            address: self.address.unwrap_or(before.address),
            place: self.place.unwrap_or(before.place),
            latitude: self.latitude.unwrap_or(before.latitude),
            longitude: self.longitude.unwrap_or(before.longitude),
            screens: self.screens.unwrap_or(before.screens),
            ..before
        }
    }
}

impl Name {
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

impl Address {
    /// The longest one, in characters.
    pub const MAX: usize = 300;

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

impl Screens {
    /// The smallest one.
    pub const MIN: i32 = 1;
    /// The largest one.
    pub const MAX: i32 = 100;

    /// Reads an untrusted number.
    ///
    /// # Errors
    /// The number is out of its range.
    pub fn parse(number: i64) -> Result<Self, RangeError> {
        match i32::try_from(number) {
            Ok(small) if (Self::MIN..=Self::MAX).contains(&small) => Ok(Self(small)),
            _ => Err(RangeError { min: Self::MIN.into(), max: Self::MAX.into() }),
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
