//! What a failure of the business means to a client.

use apierror::{ApiError, Code};

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: moviebus::Error) -> ApiError {
    match error {
        moviebus::Error::NotFound => ApiError::new(Code::NotFound),
        moviebus::Error::EditConflict { current } => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the film has version {current} now"))
        }
        moviebus::Error::DuplicateTitle => ApiError::new(Code::Conflict)
            .with_detail("the catalogue has a film with this title, year and director, accents and case aside"),
        moviebus::Error::InUse => ApiError::new(Code::Conflict).with_detail("something refers to the film"),
        moviebus::Error::Store(error) => error.into(),
    }
}
