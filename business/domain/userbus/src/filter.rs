//! Which users a list shows, and in what order.

use paging::Direction;
use types::{LineError, Role};

/// The order of a list for which nothing else is asked.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::Name, Direction::Ascending)];

/// Which users to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Has this in the name, accents and case aside.
    pub name: Option<Fragment>,
    /// Has this in the address, case aside.
    pub email: Option<Fragment>,
    /// Holds this role.
    pub role: Option<Role>,
    /// Is enabled, or is not.
    pub enabled: Option<bool>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The name, accents and case aside.
    Name,
    /// The address.
    Email,
    /// The moment the user was added.
    CreatedAt,
}

/// A part of a name or of an address: a line of 1 to 254 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment(String);

impl Fragment {
    /// The longest text, in characters.
    pub const MAX: usize = 254;

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
