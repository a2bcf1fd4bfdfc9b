//! Passwords that a person chooses.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password of acceptable length. It can't be printed, and its memory is wiped at the end.
#[derive(Clone)]
pub struct Password(SecretString);

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("must be {} to {} characters long", Password::MIN, Password::MAX)]
    Length,
}

impl Password {
    /// The fewest characters.
    pub const MIN: usize = 10;
    /// The most characters: a bound on the work of hashing.
    pub const MAX: usize = 128;

    /// Reads untrusted text. Every character counts, white space too (NIST SP 800-63B, section 3.1.1.2).
    ///
    /// # Errors
    /// The text is too short or too long.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if (Self::MIN..=Self::MAX).contains(&text.chars().count()) {
            Ok(Self(SecretString::from(text)))
        } else {
            Err(PasswordError::Length)
        }
    }

    /// The password itself, for the hash function alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
