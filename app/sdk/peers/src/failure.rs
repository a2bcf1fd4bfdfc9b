//! What a failure of another service means to a client of this one.

use std::time::Duration;

use apierror::{ApiError, Code};
use outbound::{Answer, StatusCode};

/// When to come back, where the other service does not say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How much of what the other service says of it is believed.
const LONGEST: Duration = Duration::from_secs(60);

/// Why the answer of another service is none, for the log.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// A status that the question does not have.
    #[error("{peer} answered {status}")]
    Status {
        /// Whom was asked.
        peer: &'static str,
        /// What was answered.
        status: StatusCode,
    },
    /// A body that the question does not have.
    #[error("{peer} answered what cannot be read")]
    Body {
        /// Whom was asked.
        peer: &'static str,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The answer is to another question.
    #[error("{peer} answered another question")]
    Question {
        /// Whom was asked.
        peer: &'static str,
    },
    /// There was no answer.
    #[error("{peer} did not answer after {attempts} attempts")]
    Call {
        /// Whom was asked.
        peer: &'static str,
        /// How often.
        attempts: u32,
        /// Why not.
        #[source]
        source: outbound::Error,
    },
}

/// The answer where there was none.
pub(crate) fn of_call(peer: &'static str, source: outbound::Error) -> ApiError {
    let attempts = source.attempts();
    let answer = match &source {
        outbound::Error::Timeout { .. } => ApiError::new(Code::DeadlineExceeded),
        outbound::Error::Overloaded { retry_after, .. } => {
            ApiError::unavailable(retry_after.unwrap_or(RETRY_AFTER).min(LONGEST))
        }
        outbound::Error::Unreachable { .. } | outbound::Error::Broken { .. } => ApiError::unavailable(RETRY_AFTER),
        _ => ApiError::new(Code::Internal),
    };
    answer.with_cause(PeerError::Call { peer, attempts, source })
}

/// The answer where there was one that is no answer to the question.
pub(crate) fn of_answer(peer: &'static str, answer: &Answer) -> ApiError {
    let status = answer.status;
    let error = match status {
        StatusCode::UNAUTHORIZED => ApiError::unauthorized(Some("invalid_token")),
        StatusCode::FORBIDDEN => ApiError::new(Code::Forbidden),
        StatusCode::GATEWAY_TIMEOUT => ApiError::new(Code::DeadlineExceeded),
        StatusCode::BAD_GATEWAY => ApiError::unavailable(RETRY_AFTER),
        _ => ApiError::new(Code::Internal),
    };
    error.with_cause(PeerError::Status { peer, status })
}
