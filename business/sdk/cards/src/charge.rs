//! Charges, and what they are made of.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use types::{Currency, Money, PaymentId, Timestamp};
use uuid::Uuid;

/// Stands for a card, once: 1 to 200 visible characters of ASCII. It can't be printed.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 200 visible characters of ASCII")]
pub struct TokenError;

/// What the provider calls a charge: 1 to 100 letters, digits, `_` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChargeId(String);

/// The text is no id of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 100 letters, digits, `_` or `-`")]
pub struct ChargeIdError;

/// Why a card was declined, as a word of the provider's such as `insufficient_funds`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

/// What is asked of the provider.
#[derive(Clone, Debug)]
pub struct NewCharge {
    /// Our payment, of which there is one charge.
    pub reference: PaymentId,
    /// How much.
    pub amount: Money,
    /// Of which card.
    pub token: Token,
}

/// A charge, as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What the provider calls it.
    pub id: ChargeId,
    /// Our payment.
    pub reference: PaymentId,
    /// How much.
    pub amount: Money,
    /// What became of it.
    pub status: Status,
    /// When the provider made it.
    pub created_at: Timestamp,
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is not decided: a webhook will tell.
    Pending,
    /// The money is there.
    Succeeded,
    /// There is no money.
    Declined(Reason),
    /// The money went back to the card.
    Refunded,
}

/// A charge on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireCharge {
    /// What the provider calls it.
    pub id: String,
    /// Our payment.
    pub reference: Uuid,
    /// In minor units.
    pub amount: i64,
    /// A code of ISO 4217.
    pub currency: String,
    /// `pending`, `succeeded`, `declined` or `refunded`.
    pub status: String,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is asked of the provider, on the wire.
#[derive(Clone, Serialize, Deserialize)]
pub struct WireNewCharge {
    /// Our payment.
    pub reference: Uuid,
    /// In minor units.
    pub amount: i64,
    /// A code of ISO 4217.
    pub currency: String,
    /// Stands for the card.
    pub token: String,
}

/// A page of charges on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WireCharges {
    /// The charges.
    pub items: Vec<WireCharge>,
}

impl Token {
    /// The most characters.
    pub const MAX: usize = 200;

    /// Reads untrusted text.
    ///
    /// # Errors
    /// It is no token.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned().into())) } else { Err(TokenError) }
    }
}

impl ChargeId {
    /// Reads untrusted text.
    ///
    /// # Errors
    /// It is no id.
    pub fn parse(text: &str) -> Result<Self, ChargeIdError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (1..=100).contains(&text.len()) && text.bytes().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(ChargeIdError) }
    }

    /// Takes a stored id.
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChargeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Reason {
    /// Takes what a provider says: of something else than a word, `declined` is left.
    pub fn restore(text: &str) -> Self {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = (1..=50).contains(&text.len()) && text.bytes().all(is_word);
        Self(if fits { text } else { "declined" }.to_owned())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Status {
    /// Its name on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Declined(_) => "declined",
            Self::Refunded => "refunded",
        }
    }
}

impl From<&NewCharge> for WireNewCharge {
    fn from(new: &NewCharge) -> Self {
        Self {
            reference: new.reference.uuid(),
            amount: new.amount.amount,
            currency: new.amount.currency.as_str().to_owned(),
            token: new.token.0.expose_secret().to_owned(),
        }
    }
}

impl From<&Charge> for WireCharge {
    fn from(charge: &Charge) -> Self {
        let reason = if let Status::Declined(reason) = &charge.status { Some(reason.0.clone()) } else { None };
        Self {
            id: charge.id.0.clone(),
            reference: charge.reference.uuid(),
            amount: charge.amount.amount,
            currency: charge.amount.currency.as_str().to_owned(),
            status: charge.status.as_str().to_owned(),
            reason,
            created_at: charge.created_at,
        }
    }
}

/// `None` when something in it cannot be understood: a charge of which we know the half is not acted upon.
impl WireCharge {
    /// The charge that it is.
    pub fn charge(&self) -> Option<Charge> {
        let status = match self.status.as_str() {
            "pending" => Status::Pending,
            "succeeded" => Status::Succeeded,
            "declined" => Status::Declined(Reason::restore(self.reason.as_deref().unwrap_or("declined"))),
            "refunded" => Status::Refunded,
            _ => return None,
        };
        let currency = Currency::parse(&self.currency).ok()?;
        Some(Charge {
            id: ChargeId::parse(&self.id).ok()?,
            reference: PaymentId::restore(self.reference),
            amount: Money { amount: self.amount, currency },
            status,
            created_at: self.created_at,
        })
    }
}
