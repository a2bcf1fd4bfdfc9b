//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};

/// When a machine that hashes all it can may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The answer to a failure of users. A new kind of failure fails to compile here.
pub(crate) fn of_user(error: userbus::Error) -> ApiError {
    match error {
        // One answer, whatever the reason: nobody learns who has an account.
        userbus::Error::BadCredentials => ApiError::unauthorized(None)
            .with_detail("the address or the password is wrong, or the account cannot be used"),
        userbus::Error::Busy => ApiError::unavailable(RETRY_AFTER).with_cause(error),
        userbus::Error::Store(error) => error.into(),
        userbus::Error::Hashing | userbus::Error::Randomness(_) => ApiError::internal(error),
        // No sign-in meets these.
        userbus::Error::NotFound
        | userbus::Error::EditConflict { .. }
        | userbus::Error::DuplicateEmail
        | userbus::Error::LastAdmin
        | userbus::Error::WrongPassword
        | userbus::Error::WeakPassword(_)
        | userbus::Error::InvalidToken => ApiError::new(Code::Internal).with_cause(error),
    }
}

/// The answer to a failure of sessions. A new kind of failure fails to compile here.
pub(crate) fn of_session(error: sessionbus::Error) -> ApiError {
    match error {
        sessionbus::Error::NotFound => ApiError::new(Code::NotFound),
        // That somebody has a copy is for the log, where operators look for it.
        sessionbus::Error::Invalid | sessionbus::Error::Reused { .. } => bad_refresh_token().with_cause(error),
        sessionbus::Error::Randomness(_) => ApiError::internal(error),
        sessionbus::Error::Store(error) => error.into(),
    }
}

/// One answer, whatever the reason: a thief need not learn that the theft was noticed.
pub(crate) fn bad_refresh_token() -> ApiError {
    ApiError::unauthorized(None).with_detail("the refresh token is none, was used before, or its session has ended")
}

/// An operator made the access token: there is nothing to end.
pub(crate) fn no_session() -> ApiError {
    ApiError::new(Code::Conflict).with_detail("this access token belongs to no session; it works until it expires")
}
