//! Entity tags, with the conditional request rules of RFC 9110.

mod condition;

use std::fmt;

pub use crate::condition::{Condition, if_match, if_none_match};

/// An entity tag (RFC 9110, section 8.8.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag {
    weak: bool,
    opaque: Box<[u8]>,
}

/// The text is not what its header field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Something stands where an entity tag has to.
    #[error("must be entity tags in double quotes, such as \"7\", separated by commas, or * alone")]
    Syntax,
    /// No tag at all.
    #[error("must name an entity tag, such as \"7\"")]
    Empty,
}

impl EntityTag {
    /// The strong tag of a row's version: `"7"`.
    pub fn of_version(version: i64) -> Self {
        Self { weak: false, opaque: version.to_string().into_bytes().into() }
    }

    /// The strong tag of what has this digest, in hexadecimal digits: `"0a9f"`.
    pub fn of_digest(digest: &[u8]) -> Self {
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self { weak: false, opaque: digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect() }
    }

    /// The version that [`EntityTag::of_version`] made this tag of, if it did.
    ///
    /// A weak tag is none: it does not promise that the bytes are the same.
    pub fn version(&self) -> Option<i64> {
        let version: i64 = str::from_utf8(&self.opaque).ok()?.parse().ok()?;
        (*self == Self::of_version(version)).then_some(version)
    }

    /// Whether the tag is weak: `W/"7"`.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// Strong comparison (RFC 9110, section 8.8.3.2): equal, and neither is weak.
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Weak comparison (RFC 9110, section 8.8.3.2): equal but for weakness.
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// Reads the tag at the start of `bytes` and gives what follows it.
    fn read(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let (weak, quoted) = match bytes.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, bytes),
        };
        let inner = quoted.strip_prefix(b"\"").ok_or(ParseError::Syntax)?;
        let end = inner.iter().position(|b| *b == b'"').ok_or(ParseError::Syntax)?;
        let (opaque, rest) = inner.split_at(end);
        if !opaque.iter().copied().all(is_tag_byte) {
            return Err(ParseError::Syntax);
        }
        Ok((Self { weak, opaque: opaque.into() }, &rest[1..]))
    }
}

/// The form in a header field.
impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.weak { "W/" } else { "" };
        write!(f, "{prefix}\"{}\"", String::from_utf8_lossy(&self.opaque))
    }
}

/// RFC 9110's `etagc`: visible ASCII without the double quote, and every byte above ASCII.
fn is_tag_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)
}
