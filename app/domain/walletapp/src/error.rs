//! What a failure of the business means to a client.

use apierror::{ApiError, Code};

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: walletbus::Error) -> ApiError {
    match error {
        walletbus::Error::NotFound => ApiError::new(Code::NotFound),
        walletbus::Error::Insufficient { .. } | walletbus::Error::TooMuch | walletbus::Error::ToOneself => {
            ApiError::new(Code::Conflict).with_detail(error.to_string())
        }
        walletbus::Error::Store(error) => error.into(),
    }
}

/// The answer to who sends money to nobody.
pub(crate) fn nobody() -> ApiError {
    ApiError::new(Code::Conflict).with_detail("there is nobody with this id whom money can be sent to")
}
