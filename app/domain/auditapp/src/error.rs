//! What a failure of the business means to a client.

use apierror::{ApiError, Code};

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: auditbus::Error) -> ApiError {
    match error {
        auditbus::Error::NotFound => ApiError::new(Code::NotFound),
        auditbus::Error::Store(error) => error.into(),
    }
}
