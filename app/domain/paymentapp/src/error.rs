//! What a failure of the business means to a client.

use std::time::Duration;

use apierror::{ApiError, Code};
use paymentbus::{Error, Payment};

/// When a client should ask again whose payment is not known to be either.
const RETRY: Duration = Duration::from_secs(2);

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: Error) -> ApiError {
    match error {
        Error::NotFound | Error::Order(orderbus::Error::NotFound) => ApiError::new(Code::NotFound),
        Error::Order(orderbus::Error::EditConflict { current }) => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the order has version {current} now"))
        }
        Error::Order(orderbus::Error::Store(error))
        | Error::Wallet(walletbus::Error::Store(error))
        | Error::Store(error) => error.into(),
        Error::Order(
            orderbus::Error::IllegalStep { .. }
            | orderbus::Error::UnknownMovie(_)
            | orderbus::Error::SoldOut { .. }
            | orderbus::Error::Currencies,
        )
        | Error::Wallet(
            walletbus::Error::NotFound
            | walletbus::Error::Insufficient { .. }
            | walletbus::Error::TooMuch
            | walletbus::Error::ToOneself,
        )
        | Error::UnderWay
        | Error::IllegalStep { .. }
        | Error::NoPayment
        | Error::Owed
        | Error::NoCards
        | Error::NoToken => ApiError::new(Code::Conflict).with_detail(error.to_string()),
        Error::Provider(cards::Error::Away(_) | cards::Error::Failing { .. }) => ApiError::unavailable(RETRY)
            .with_detail(
                "the payment provider did not answer, and what became of the payment is not known yet: the same request \
                 with the same Idempotency-Key will tell",
            )
            .with_cause(error),
        Error::Provider(_) | Error::Mismatch { .. } => ApiError::internal(error),
    }
}

/// The answer to a payment that failed.
pub(crate) fn failed(payment: &Payment) -> ApiError {
    let reason = payment.reason.as_ref().map_or("declined", cards::Reason::as_str);
    ApiError::new(Code::Conflict).with_detail(format!("the payment failed: {reason}"))
}
