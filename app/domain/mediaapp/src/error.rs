//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};

/// When somebody who met too many uploads, or stood still, may come back.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The answer to a failure with media. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: mediabus::Error) -> ApiError {
    match error {
        mediabus::Error::NotFound | mediabus::Error::UnknownMovie => ApiError::new(Code::NotFound),
        // The handler knows what is taken, and says it.
        mediabus::Error::Misnamed(_) => ApiError::new(Code::UnsupportedMediaType),
        mediabus::Error::Busy => {
            ApiError::unavailable(RETRY_AFTER).with_detail("as many uploads are under way as are taken at once")
        }
        mediabus::Error::Lapsed => {
            ApiError::unavailable(RETRY_AFTER).with_detail("the upload stood still for too long")
        }
        mediabus::Error::BadLink => {
            ApiError::new(Code::InvalidLink).with_detail("the link has expired, or was not made for this")
        }
        mediabus::Error::Stores(error) => {
            ApiError::new(Code::BadGateway).with_detail("no store of media answers as it should").with_cause(error)
        }
        mediabus::Error::Secret(secrets::Error::Store(error)) | mediabus::Error::Store(error) => error.into(),
        mediabus::Error::Secret(error) => ApiError::internal(error),
    }
}

/// The answer to a failure with the film that media belong to. A new kind of failure fails to compile here.
pub(crate) fn movie_to_api(error: moviebus::Error) -> ApiError {
    match error {
        moviebus::Error::NotFound => ApiError::new(Code::NotFound),
        moviebus::Error::Store(error) => error.into(),
        // A film that is only looked at is not changed.
        error @ (moviebus::Error::EditConflict { .. } | moviebus::Error::DuplicateTitle | moviebus::Error::InUse) => {
            ApiError::internal(error)
        }
    }
}
