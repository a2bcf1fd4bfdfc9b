//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Cause, Code};
use feed::Refused;

/// When to ask again for a place: those who leave make room, and a process that starts is there soon.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The answer to who gets no place. A new reason fails to compile here.
pub(crate) fn refused(error: Refused) -> ApiError {
    match error {
        Refused::Process
        | Refused::User
        | Refused::Address
        | Refused::Topic
        | Refused::Starting
        | Refused::Draining => ApiError::unavailable(RETRY_AFTER).with_detail(error.to_string()),
    }
}

/// The answer where a film is subscribed to that cannot be read.
pub(crate) fn of_movie(error: moviebus::Error) -> ApiError {
    match error {
        moviebus::Error::NotFound => ApiError::new(Code::NotFound),
        moviebus::Error::Store(error) => error.into(),
        error => ApiError::internal(error),
    }
}

/// The answer where an order is subscribed to that cannot be read.
pub(crate) fn of_order(error: orderbus::Error) -> ApiError {
    match error {
        orderbus::Error::NotFound => ApiError::new(Code::NotFound),
        orderbus::Error::Store(error) => error.into(),
        error => ApiError::internal(error),
    }
}

/// Logs the cause of what a client is told of after the answer has begun: nobody else does.
pub(crate) fn log(error: &ApiError) {
    if error.code() == Code::Internal {
        let cause = error.cause().map(Cause::chain);
        tracing::error!(target: "http", cause, "a subscription to the live feed failed");
    }
}
