//! What a failure of the business means to a client.

use apierror::ApiError;
use mux::Gone;

/// Why a download comes to no end.
pub(crate) enum Stop {
    /// Nobody takes it any more.
    Gone,
    /// It failed.
    Failed(ApiError),
}

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: salesview::Error) -> ApiError {
    match error {
        salesview::Error::Store(error) => error.into(),
    }
}

impl From<salesview::Error> for Stop {
    fn from(error: salesview::Error) -> Self {
        Self::Failed(to_api(error))
    }
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Gone> for Stop {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}
