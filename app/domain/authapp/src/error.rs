//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};

/// When a machine that hashes all it can may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: userbus::Error) -> ApiError {
    match error {
        // One answer, whatever the reason: nobody learns who has an account.
        userbus::Error::BadCredentials => ApiError::unauthorized(None)
            .with_detail("the address or the password is wrong, or the account cannot be used"),
        userbus::Error::Busy => ApiError::unavailable(RETRY_AFTER).with_cause(error),
        userbus::Error::Store(error) => error.into(),
        userbus::Error::Hashing => ApiError::internal(error),
        // No sign-in meets these.
        userbus::Error::NotFound
        | userbus::Error::EditConflict { .. }
        | userbus::Error::DuplicateEmail
        | userbus::Error::LastAdmin => ApiError::new(Code::Internal).with_cause(error),
    }
}
