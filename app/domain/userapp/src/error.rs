//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};
use problem::FieldError;

/// When a machine that hashes all it can may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The answer to a failure of users. A new kind of failure fails to compile here.
pub(crate) fn of_user(error: userbus::Error) -> ApiError {
    match error {
        userbus::Error::NotFound => ApiError::new(Code::NotFound),
        userbus::Error::EditConflict { current } => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the user has version {current} now"))
        }
        userbus::Error::DuplicateEmail => ApiError::new(Code::Conflict).with_detail("another user has this address"),
        userbus::Error::LastAdmin => ApiError::new(Code::Conflict)
            .with_detail("no admin who can sign in would remain; give the role to somebody else first"),
        userbus::Error::BadCredentials => ApiError::unauthorized(None),
        userbus::Error::WrongPassword => refused("#/current_password", "is not your current password"),
        userbus::Error::WeakPassword(weakness) => refused("#/password", weakness.to_string()),
        userbus::Error::InvalidToken => bad_token(),
        userbus::Error::Busy => ApiError::unavailable(RETRY_AFTER).with_cause(error),
        userbus::Error::Hashing | userbus::Error::Randomness(_) => ApiError::internal(error),
        userbus::Error::Store(error) => error.into(),
    }
}

/// As [`of_user`], where the client names no version: it is the state that clashes.
pub(crate) fn of_password_change(error: userbus::Error) -> ApiError {
    match error {
        userbus::Error::EditConflict { .. } => {
            ApiError::new(Code::Conflict).with_detail("the password was changed meanwhile")
        }
        error => of_user(error),
    }
}

/// The answer to a failure of sessions. A new kind of failure fails to compile here.
pub(crate) fn of_session(error: sessionbus::Error) -> ApiError {
    match error {
        sessionbus::Error::Store(error) => error.into(),
        // Nobody who ends sessions of a user meets these.
        sessionbus::Error::NotFound
        | sessionbus::Error::Invalid
        | sessionbus::Error::Reused { .. }
        | sessionbus::Error::Randomness(_) => ApiError::internal(error),
    }
}

/// One answer, whatever the reason: nobody learns which tokens there were.
pub(crate) fn bad_token() -> ApiError {
    refused("#/token", "is none that was mailed, was used before, or has expired; ask for another mail")
}

fn refused(pointer: &'static str, detail: impl Into<String>) -> ApiError {
    ApiError::invalid(vec![FieldError::pointer(pointer, detail)])
}
