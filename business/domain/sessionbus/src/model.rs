//! What a session is.

use std::net::IpAddr;

use types::{SecretToken, SessionId, Timestamp, UserId};

/// Somebody's being signed in somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When the session was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends, unless it is used again before that: a session that is used lives on, but not for ever.
    pub expires_at: Timestamp,
    /// Where it was last refreshed.
    pub device: Device,
}

/// What is known of where a session is used, for its user to recognise it by. None of it is proved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    /// The address of the network that the request came from.
    pub address: Option<IpAddr>,
    /// What the client says that it is.
    pub user_agent: Option<UserAgent>,
}

/// What a client says that it is: a line of 1 to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAgent(String);

/// A session that lives on.
#[derive(Debug)]
pub struct Refreshed {
    /// The session.
    pub session: Session,
    /// What refreshes it the next time; the token before is spent.
    pub token: SecretToken,
}

impl UserAgent {
    /// The most characters that are kept.
    pub const MAX: usize = 256;

    /// Takes untrusted text, of which control characters and what is too long are left out; `None` when nothing is
    /// left. It is shown to its user alone, so that nothing needs to be refused.
    pub fn clip(text: &str) -> Option<Self> {
        let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(Self::MAX).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// Takes a stored text.
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
