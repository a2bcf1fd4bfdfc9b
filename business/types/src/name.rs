//! The name of a person or a place.

use crate::line::{LineError, line};

/// A name of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name, in characters.
    pub const MAX: usize = 100;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is blank, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        line(text, Self::MAX).map(Self)
    }

    /// Takes a stored name.
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
