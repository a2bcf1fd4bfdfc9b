//! Which audits a list shows, and in what order.

use std::net::IpAddr;

use paging::Direction;
use types::{Timestamp, UserId};
use uuid::Uuid;

use crate::model::ActorKind;

/// The order of a list for which nothing else is asked: the newest first.
pub const DEFAULT_ORDER: [(OrderField, Direction); 1] = [(OrderField::OccurredAt, Direction::Descending)];

/// Which audits to show: those that meet every condition that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFilter {
    /// Is of this kind of row.
    pub entity: Option<Word>,
    /// Is of this row.
    pub entity_id: Option<Uuid>,
    /// Is of a change like this.
    pub action: Option<Word>,
    /// Was made by an actor of this kind.
    pub actor: Option<ActorKind>,
    /// Was made by this user.
    pub actor_id: Option<UserId>,
    /// Was made under this trace.
    pub trace_id: Option<TraceId>,
    /// Was asked for from this address.
    pub address: Option<IpAddr>,
    /// Was made at this moment or later.
    pub from: Option<Timestamp>,
    /// Was made before this moment.
    pub to: Option<Timestamp>,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The moment of the change.
    OccurredAt,
}

/// The name of a kind of row, or of what happens to it: 1 to 50 lower-case letters and underscores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(String);

/// The id of a trace: 32 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(String);

/// The text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} lower-case letters and underscores", Word::MAX)]
pub struct WordError;

/// The text is no id of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 lower-case hexadecimal digits")]
pub struct TraceIdError;

impl Word {
    /// The longest name, in characters.
    pub const MAX: usize = 50;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no such name.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let in_form = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if in_form && (1..=Self::MAX).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(WordError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TraceId {
    /// Its length, in characters.
    pub const LENGTH: usize = 32;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no id of a trace.
    pub fn parse(text: &str) -> Result<Self, TraceIdError> {
        let in_form = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if in_form && text.len() == Self::LENGTH { Ok(Self(text.to_owned())) } else { Err(TraceIdError) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_trace_ids_are_taken_in_their_form_alone() {
        for text in ["movie", "password_changed", &"a".repeat(50)] {
            assert_eq!(Word::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "Movie", "a b", "a1", "film's", &"a".repeat(51)] {
            assert_eq!(Word::parse(text), Err(WordError), "{text:?}");
        }
        assert!(TraceId::parse("0af7651916cd43dd8448eb211c80319c").is_ok());
        for text in [
            "",
            "0AF7651916CD43DD8448EB211C80319C",
            "0af7651916cd43dd8448eb211c80319",
            "0af7651916cd43dd8448eb211c80319g",
        ] {
            assert_eq!(TraceId::parse(text), Err(TraceIdError), "{text:?}");
        }
    }
}
