//! An order, what it takes to make or change one, and the values that only orders have.

use types::{Money, OrderId, Timestamp, UserId, Version};

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Identifies the order.
    pub id: OrderId,
    /// Whose it is.
    pub owner: UserId,
    /// The status.
    pub status: Status,
    /// The worth.
    pub worth: Worth,
    /// One more after every change.
    pub version: Version,
    /// When the order was added.
    pub created_at: Timestamp,
    /// When the order was last changed.
    pub updated_at: Timestamp,
}

/// What a new order is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder {
    /// The status.
    pub status: Status,
    /// The worth.
    pub worth: Worth,
}

/// What to change of an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateOrder {
    /// The new status.
    pub status: Option<Status>,
    /// The new worth.
    pub worth: Option<Worth>,
}

/// The status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `pending`
    Pending,
    /// `paid`
    Paid,
    /// `cancelled`
    Cancelled,
    /// `refunded`
    Refunded,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// The worth: zero or more, in the minor unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth(Money);

/// A number is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max}")]
pub struct RangeError {
    /// The smallest number that is taken.
    pub min: i64,
    /// The largest number that is taken.
    pub max: i64,
}

/// The text is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of pending, paid, cancelled, refunded")]
pub struct StatusError;

impl NewOrder {
    /// The order that is made of it.
    pub(crate) fn into_order(self, id: OrderId, owner: UserId, now: Timestamp) -> Order {
        Order {
            id,
            owner,
            status: self.status,
            worth: self.worth,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        }
    }
}

impl UpdateOrder {
    /// `order` after the update, still with its old version and time.
    pub fn apply(self, order: &Order) -> Order {
        let before = order.clone();
        Order { status: self.status.unwrap_or(before.status), worth: self.worth.unwrap_or(before.worth), ..before }
    }
}

impl Status {
    /// Every status that can be given.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Paid, Self::Cancelled, Self::Refunded];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no status.
    pub fn parse(text: &str) -> Result<Self, StatusError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(StatusError)
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Unknown)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Unknown => "unknown",
        }
    }
}

impl Worth {
    /// The largest amount, in minor units. The sum of a thousand of them is still exact as a JSON number, which many
    /// readers take for a double (RFC 8259, section 6).
    pub const MAX: i64 = 999_999_999_999;

    /// Takes untrusted money.
    ///
    /// # Errors
    /// The amount is out of its range.
    pub fn parse(money: Money) -> Result<Self, RangeError> {
        match money.amount {
            0..=Self::MAX => Ok(Self(money)),
            _ => Err(RangeError { min: 0, max: Self::MAX }),
        }
    }

    /// Takes stored money.
    pub fn restore(money: Money) -> Self {
        Self(money)
    }

    /// The worth as money.
    pub fn money(self) -> Money {
        self.0
    }
}
