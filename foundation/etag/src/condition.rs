//! The fields `If-Match` and `If-None-Match`.

use crate::{EntityTag, ParseError};

/// What a conditional field asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `*`: any current representation.
    Any,
    /// One of these tags; never empty.
    Tags(Vec<EntityTag>),
}

impl Condition {
    /// Reads the values of every line of the field; several lines are one list (RFC 9110, section 5.3).
    ///
    /// Empty elements of the list are skipped, as section 5.6.1.2 has it.
    ///
    /// # Errors
    /// A line holds something else than entity tags, `*` is not alone, or there is no tag at all.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
        let mut any = false;
        let mut tags = Vec::new();
        for line in lines {
            if line.trim_ascii() == b"*" {
                // `*` is no element of a list: neither twice nor beside a tag.
                if any {
                    return Err(ParseError::Syntax);
                }
                any = true;
            } else {
                read_line(line, &mut tags)?;
            }
        }
        match (any, tags.is_empty()) {
            (true, true) => Ok(Self::Any),
            (true, false) => Err(ParseError::Syntax),
            (false, true) => Err(ParseError::Empty),
            (false, false) => Ok(Self::Tags(tags)),
        }
    }
}

/// Whether a request with this `If-Match` may go on (RFC 9110, section 13.1.1): strong comparison with the `current` tag,
/// `None` when nothing exists.
pub fn if_match(condition: &Condition, current: Option<&EntityTag>) -> bool {
    match (condition, current) {
        (_, None) => false,
        (Condition::Any, Some(_)) => true,
        (Condition::Tags(tags), Some(current)) => tags.iter().any(|tag| tag.strong_eq(current)),
    }
}

/// Whether a request with this `If-None-Match` may go on (RFC 9110, section 13.1.2): weak comparison with the `current` tag,
/// `None` when nothing exists. A read that may not go on is answered with 304.
pub fn if_none_match(condition: &Condition, current: Option<&EntityTag>) -> bool {
    match (condition, current) {
        (_, None) => true,
        (Condition::Any, Some(_)) => false,
        (Condition::Tags(tags), Some(current)) => !tags.iter().any(|tag| tag.weak_eq(current)),
    }
}

fn read_line(line: &[u8], tags: &mut Vec<EntityTag>) -> Result<(), ParseError> {
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        if rest[0] != b',' {
            let (tag, after) = EntityTag::read(rest)?;
            tags.push(tag);
            rest = after.trim_ascii_start();
        }
        rest = match rest.split_first() {
            None => rest,
            Some((b',', after)) => after.trim_ascii_start(),
            Some(_) => return Err(ParseError::Syntax),
        };
    }
    Ok(())
}
