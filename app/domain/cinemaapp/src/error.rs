//! What a failure of the business means to a client.

use apierror::{ApiError, Code};

/// The answer to a failure with cinemas. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: cinemabus::Error) -> ApiError {
    match error {
        cinemabus::Error::NotFound => ApiError::new(Code::NotFound),
        cinemabus::Error::EditConflict { current } => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the cinema has version {current} now"))
        }
        cinemabus::Error::UnknownPlace => ApiError::new(Code::Conflict).with_detail("there is no place with this id"),
        cinemabus::Error::InUse => ApiError::new(Code::Conflict).with_detail("something refers to the cinema"),
        cinemabus::Error::Store(error) => error.into(),
    }
}

/// The answer to a failure with places. A new kind of failure fails to compile here.
pub(crate) fn place_to_api(error: cinemabus::places::Error) -> ApiError {
    match error {
        cinemabus::places::Error::Store(error) => error.into(),
    }
}
