//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};

/// When a machine that hashes all it can may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: userbus::Error) -> ApiError {
    match error {
        userbus::Error::NotFound => ApiError::new(Code::NotFound),
        userbus::Error::EditConflict { current } => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the user has version {current} now"))
        }
        userbus::Error::DuplicateEmail => ApiError::new(Code::Conflict).with_detail("another user has this address"),
        userbus::Error::LastAdmin => ApiError::new(Code::Conflict)
            .with_detail("no admin who can sign in would remain; give the role to somebody else first"),
        userbus::Error::BadCredentials => ApiError::unauthorized(None),
        userbus::Error::Busy => ApiError::unavailable(RETRY_AFTER).with_cause(error),
        userbus::Error::Hashing => ApiError::internal(error),
        userbus::Error::Store(error) => error.into(),
    }
}
