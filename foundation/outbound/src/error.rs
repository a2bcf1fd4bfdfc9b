//! Why a call has no answer.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The deadline passed. **It says nothing about the effect** where the call may have been sent: see
    /// [`Error::may_have_happened`].
    #[error("the peer did not answer by the deadline")]
    Timeout {
        /// How often the call was sent.
        attempts: u32,
        /// Whether an attempt may have reached the peer.
        sent: bool,
    },
    /// There was no connection: the name has no address, nobody listens, the certificate is not trusted.
    #[error("the peer cannot be reached")]
    Unreachable {
        /// How often it was tried.
        attempts: u32,
        /// Whether an attempt before the last may have reached the peer.
        sent: bool,
        /// What the last attempt met with.
        source: Cause,
    },
    /// The connection broke off before the whole answer was there, or what came is not HTTP.
    #[error("the answer of the peer broke off")]
    Broken {
        /// How often the call was sent.
        attempts: u32,
        /// What the last attempt met with.
        source: Cause,
    },
    /// The peer says that it has too much to do (503), or that this caller asks too much (429), to the last attempt.
    #[error("the peer is overloaded")]
    Overloaded {
        /// How often the call was sent.
        attempts: u32,
        /// 429 or 503.
        status: StatusCode,
        /// When to come back, if the peer says so.
        retry_after: Option<Duration>,
        /// Whether the call may have had its effect. A 503 may come from a gateway that knows nothing of it.
        sent: bool,
    },
    /// The body of the answer is longer than the client takes. The call itself was answered.
    #[error("the answer of the peer has more than {limit} bytes")]
    BodyTooLarge {
        /// How often the call was sent.
        attempts: u32,
        /// What was answered.
        status: StatusCode,
        /// [`crate::Options::longest_body`].
        limit: usize,
    },
    /// The call cannot be sent: its URL is none of HTTP.
    #[error("the call cannot be sent")]
    Unsendable {
        /// What is wrong with it.
        source: Cause,
    },
}

impl Error {
    /// Whether the call may have had its effect, or will have it yet. False is certain: nothing of it has happened, and
    /// nothing will. A peer that answers 429 is believed to have refused.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Timeout { sent, .. } | Self::Unreachable { sent, .. } | Self::Overloaded { sent, .. } => *sent,
            Self::Broken { .. } | Self::BodyTooLarge { .. } => true,
            Self::Unsendable { .. } => false,
        }
    }

    /// How often the call was sent, or tried to be.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Timeout { attempts, .. }
            | Self::Unreachable { attempts, .. }
            | Self::Broken { attempts, .. }
            | Self::Overloaded { attempts, .. }
            | Self::BodyTooLarge { attempts, .. } => *attempts,
            Self::Unsendable { .. } => 0,
        }
    }
}

/// What the transport met with, without the URL, which may hold a secret.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Cause(reqwest::Error);

impl Cause {
    pub(crate) fn new(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
