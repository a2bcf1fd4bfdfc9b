//! A provider of card payments, over HTTP: what it is asked, what it answers, what it tells by itself.
//!
//! The protocol is the common core of what such providers offer:
//!
//! | request | answer |
//! |---|---|
//! | `POST /v1/charges` `{reference, amount, currency, token}` with an `Idempotency-Key` | 201 and the charge |
//! | `GET /v1/charges?reference=` | 200 and `{"items": [charge]}`, empty when it was never heard of |
//! | `GET /v1/charges?created_from=&created_before=&after=&limit=` | 200 and a page, the oldest first |
//! | `POST /v1/charges/{id}/refund` with an `Idempotency-Key` | 200 and the charge |
//!
//! A charge is `{id, reference, amount, currency, status, reason, created_at}`. Its status is `pending`, `succeeded`,
//! `declined` (with a `reason`) or `refunded`; whatever becomes of one that was pending is told by a webhook
//! ([`webhook`]). `reference` is our id of the payment, and the key of its charge: one payment is one charge, however
//! often it is asked for.
//!
//! A [`Token`] stands for a card that the customer gave to the provider itself. No number of a card comes near us.

mod charge;
mod provider;
pub mod webhook;

pub use crate::charge::{Charge, ChargeId, ChargeIdError, NewCharge, Reason, Status, Token, TokenError};
pub use crate::provider::{Error, PAGE, Period, Provider, ProviderError};

/// The shapes of the protocol, for whoever speaks its other side.
pub mod wire {
    pub use crate::charge::{WireCharge, WireCharges, WireNewCharge};
}
