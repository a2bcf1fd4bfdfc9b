//! What the provider tells by itself, and how it shows that it is the provider.
//!
//! A notice is a POST with three header fields, as the Standard Webhooks specification 1.0 has them
//! (<https://www.standardwebhooks.com>): `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`, a
//! list of `v1,` and the HMAC-SHA256 (RFC 2104) of `{id}.{timestamp}.{body}` in base64. There may be several signatures
//! while the secret is exchanged. A notice comes at least once, late, and in any order.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::charge::{Charge, WireCharge};

/// How far the clocks of the provider and ours may be apart, a notice's way included. An older one could have been recorded
/// by somebody, and is sent again by the provider under a new time.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a notice's secret begins with, in settings: the rest is base64.
const PREFIX: &str = "whsec_";

/// The secret that the provider and we share.
#[derive(Clone)]
pub struct Secret(hmac::Key);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ and 24 to 64 bytes in base64")]
pub struct SecretError;

/// The header fields of a notice.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'h> {
    /// `webhook-id`.
    pub id: &'h str,
    /// `webhook-timestamp`.
    pub timestamp: &'h str,
    /// `webhook-signature`.
    pub signature: &'h str,
}

/// Why a notice is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// None of its signatures is right, or its time is no number.
    #[error("the signature is not right")]
    Signature,
    /// It is too old, or from the future.
    #[error("the notice is of another time")]
    Time,
    /// It is signed, and cannot be understood.
    #[error("the notice cannot be read")]
    Unreadable,
}

/// A notice on the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WireNotice {
    /// Such as `charge.succeeded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The charge, as it is now.
    pub data: WireCharge,
}

impl Secret {
    /// Reads a secret of the settings.
    ///
    /// # Errors
    /// The text is none.
    pub fn parse(text: &SecretString) -> Result<Self, SecretError> {
        let encoded = text.expose_secret().strip_prefix(PREFIX).ok_or(SecretError)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(SecretError);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The signature of a notice, as its header field has it.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &message(id, timestamp, body));
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }

    /// The charge that a notice tells of; `None` when it is about something else.
    ///
    /// # Errors
    /// [`Error`]. Nothing of a notice that is not signed is read.
    pub fn verify(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Option<Charge>, Error> {
        let message = message(headers.id, headers.timestamp, body);
        let is_ours = |signature: &str| {
            let encoded = signature.strip_prefix("v1,").unwrap_or_default();
            // Compared in constant time.
            STANDARD.decode(encoded).is_ok_and(|tag| hmac::verify(&self.0, &message, &tag).is_ok())
        };
        if !headers.signature.split(' ').any(is_ours) {
            return Err(Error::Signature);
        }
        let seconds: i64 = headers.timestamp.parse().map_err(|_| Error::Signature)?;
        if (now.timestamp().saturating_sub(seconds)).saturating_abs() > TOLERANCE.num_seconds() {
            return Err(Error::Time);
        }
        let kind = |notice: &serde_json::Value| notice.get("type").and_then(|kind| kind.as_str()).map(str::to_owned);
        let notice: serde_json::Value = serde_json::from_slice(body).map_err(|_| Error::Unreadable)?;
        if !kind(&notice).ok_or(Error::Unreadable)?.starts_with("charge.") {
            return Ok(None);
        }
        let notice: WireNotice = serde_json::from_value(notice).map_err(|_| Error::Unreadable)?;
        notice.data.charge().map(Some).ok_or(Error::Unreadable)
    }
}

fn message(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}
