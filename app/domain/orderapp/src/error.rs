//! What a failure of the business means to a client.

use apierror::{ApiError, Code};

/// The answer to a failure. A new kind of failure fails to compile here.
pub(crate) fn to_api(error: orderbus::Error) -> ApiError {
    match error {
        orderbus::Error::NotFound => ApiError::new(Code::NotFound),
        orderbus::Error::EditConflict { current } => {
            ApiError::new(Code::PreconditionFailed).with_detail(format!("the order has version {current} now"))
        }
        orderbus::Error::IllegalStep { .. }
        | orderbus::Error::UnknownMovie(_)
        | orderbus::Error::SoldOut { .. }
        | orderbus::Error::Currencies => ApiError::new(Code::Conflict).with_detail(error.to_string()),
        orderbus::Error::Store(error) => error.into(),
    }
}

/// The answer to a failure of payments. A new kind of failure fails to compile here.
pub(crate) fn of_payment(error: paymentbus::Error) -> ApiError {
    match error {
        paymentbus::Error::Order(error) => to_api(error),
        paymentbus::Error::Store(error) | paymentbus::Error::Wallet(walletbus::Error::Store(error)) => error.into(),
        paymentbus::Error::NoPayment
        | paymentbus::Error::UnderWay
        | paymentbus::Error::NoCards
        | paymentbus::Error::IllegalStep { .. }
        | paymentbus::Error::Wallet(
            walletbus::Error::NotFound
            | walletbus::Error::Insufficient { .. }
            | walletbus::Error::TooMuch
            | walletbus::Error::ToOneself,
        ) => ApiError::new(Code::Conflict).with_detail(error.to_string()),
        paymentbus::Error::NotFound
        | paymentbus::Error::NoToken
        | paymentbus::Error::Owed
        | paymentbus::Error::Mismatch { .. }
        | paymentbus::Error::Provider(_) => ApiError::internal(error),
    }
}
