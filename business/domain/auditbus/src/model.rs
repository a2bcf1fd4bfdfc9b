//! An audit.

use std::net::IpAddr;

use serde_json::Value;
use types::{Id, Timestamp, UserId, Version};
use uuid::Uuid;

/// Names the rows of audits.
#[derive(Debug)]
pub enum AuditKind {}

/// Identifies an audit.
pub type AuditId = Id<AuditKind>;

/// What one change left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Identifies the audit, and the event of the same change.
    pub id: AuditId,
    /// When, to the millisecond.
    pub occurred_at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What kind of row, such as `movie`.
    pub entity: String,
    /// Which row.
    pub entity_id: Uuid,
    /// What happened to it, such as `updated`.
    pub action: String,
    /// The version of the row after that; the last one when it is gone.
    pub version: Version,
    /// How the row differs from before: a map from the names of members to `{"before": .., "after": ..}`. Of a member that
    /// says something of a person it says `"personal": true`, and when that was erased `"erased": true` in place of the
    /// values; of one that nobody may see `{"changed": true}`.
    pub difference: Value,
    /// The trace under which it happened: 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The address of the client.
    pub address: Option<IpAddr>,
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Someone who did not say who they are.
    Anonymous,
    /// A user, who may be gone by now.
    User(UserId),
    /// The person at the command line, by name.
    Operator(String),
    /// A part of the product that nobody asked, by name.
    System(String),
}

/// The kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// Someone who did not say who they are.
    Anonymous,
    /// A user.
    User,
    /// The person at the command line.
    Operator,
    /// A part of the product that nobody asked.
    System,
}

/// The text is no kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of anonymous, user, operator, system")]
pub struct ActorKindError;

impl Actor {
    /// Takes a stored actor; one of a kind that this release does not know is a part of the product.
    pub fn restore(kind: &str, id: Option<Uuid>, name: Option<String>) -> Self {
        match (ActorKind::parse(kind), id, name) {
            (Ok(ActorKind::Anonymous), ..) => Self::Anonymous,
            (Ok(ActorKind::User), Some(id), _) => Self::User(UserId::restore(id)),
            (Ok(ActorKind::Operator), _, Some(name)) => Self::Operator(name),
            (_, _, name) => Self::System(name.unwrap_or_else(|| kind.to_owned())),
        }
    }

    /// The kind.
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::Anonymous => ActorKind::Anonymous,
            Self::User(_) => ActorKind::User,
            Self::Operator(_) => ActorKind::Operator,
            Self::System(_) => ActorKind::System,
        }
    }

    /// The user that it is.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User(user_id) => Some(*user_id),
            _ => None,
        }
    }

    /// What it is called, if it is no user.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Operator(name) | Self::System(name) => Some(name),
            Self::Anonymous | Self::User(_) => None,
        }
    }
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Anonymous, Self::User, Self::Operator, Self::System];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no kind of actor.
    pub fn parse(text: &str) -> Result<Self, ActorKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(ActorKindError)
    }

    /// The name of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_actor_is_read_whatever_it_is() {
        let id = Uuid::now_v7();
        let name = Some("grace".to_owned());
        for (kind, id, name, actor) in [
            ("anonymous", None, None, Actor::Anonymous),
            ("user", Some(id), None, Actor::User(UserId::restore(id))),
            ("operator", None, name.clone(), Actor::Operator("grace".into())),
            ("system", None, name.clone(), Actor::System("grace".into())),
            ("robot", None, None, Actor::System("robot".into())),
            ("robot", Some(id), name, Actor::System("grace".into())),
        ] {
            assert_eq!(Actor::restore(kind, id, name), actor);
        }
    }
}
