//! A payment, what it is for, and the states it goes through.

use cards::{ChargeId, Reason};
use types::{Money, OrderId, PaymentId, Timestamp, UserId, Version};

use crate::Error;

/// A payment.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// Identifies the payment, and its charge at the provider.
    pub id: PaymentId,
    /// Who pays.
    pub owner: UserId,
    /// What for.
    pub subject: Subject,
    /// How.
    pub method: MethodKind,
    /// How much.
    pub amount: Money,
    /// What became of it.
    pub status: Status,
    /// What the provider calls the charge, once there is one.
    pub charge_id: Option<ChargeId>,
    /// Why it failed.
    pub reason: Option<Reason>,
    /// One more after every change.
    pub version: Version,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This order.
    Order(OrderId),
    /// The money fills the payer's wallet.
    Deposit,
}

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// `wallet`: with what is in the payer's wallet.
    Wallet,
    /// `card`: by a provider of card payments.
    Card,
}

/// What became of a payment.
///
/// ```text
/// pending ── succeed ──> succeeded ── give back ──> refunding ── returned ──> refunded
///    ├── fail ──> failed ──── give back ───────────────^                          ^
///    ├── give back ──── (the order is gone) ───────────^                          │
///    └────────────────> succeeded ── returned (nothing has to be sent) ───────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `pending`: it is not decided.
    Pending,
    /// `succeeded`: the money is there.
    Succeeded,
    /// `failed`: no money moved.
    Failed,
    /// `refunding`: the money is on its way back.
    Refunding,
    /// `refunded`: the money is back.
    Refunded,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The money came.
    Succeed,
    /// It will not come.
    Fail,
    /// It came and is to go back.
    GiveBack,
    /// It is back.
    Returned,
}

/// What a method says of a payment.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is not decided yet.
    Undecided(Option<ChargeId>),
    /// The money is there.
    Paid(Option<ChargeId>),
    /// It will not come.
    Refused(Option<ChargeId>, Reason),
    /// It came, and went back.
    Returned(ChargeId),
}

impl Status {
    /// Every status that can be given.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Succeeded, Self::Failed, Self::Refunding, Self::Refunded];

    /// Where `step` leads from here; `None` when it may not be taken.
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Pending, Step::Succeed) => Some(Self::Succeeded),
            (Self::Pending, Step::Fail) => Some(Self::Failed),
            // A card may be charged after all that was given up: its money goes back.
            (Self::Pending | Self::Succeeded | Self::Failed, Step::GiveBack) => Some(Self::Refunding),
            (Self::Succeeded | Self::Refunding, Step::Returned) => Some(Self::Refunded),
            (Self::Pending | Self::Failed, Step::Returned)
            | (Self::Succeeded | Self::Failed, Step::Succeed | Step::Fail)
            | (Self::Refunding, Step::Succeed | Step::Fail | Step::GiveBack)
            | (Self::Refunded | Self::Unknown, _) => None,
        }
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.as_str() == text).unwrap_or(Self::Unknown)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::Unknown => "unknown",
        }
    }
}

impl MethodKind {
    /// Every method.
    pub const ALL: [Self; 2] = [Self::Wallet, Self::Card];

    /// Takes stored text; what this release does not know reads as a card, of which the provider has books.
    pub fn restore(text: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.as_str() == text).unwrap_or(Self::Card)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Card => "card",
        }
    }
}

impl Payment {
    pub(crate) fn new(owner: UserId, subject: Subject, method: MethodKind, amount: Money) -> Self {
        let now = types::now();
        Self {
            id: PaymentId::new(),
            owner,
            subject,
            method,
            amount,
            status: Status::Pending,
            charge_id: None,
            reason: None,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    /// The payment after `step`, with what is known of it by then.
    pub(crate) fn after(
        &self,
        step: Step,
        charge_id: Option<&ChargeId>,
        reason: Option<Reason>,
    ) -> Result<Self, Error> {
        let status = self.status.after(step).ok_or(Error::IllegalStep { from: self.status, step })?;
        let charge_id = self.charge_id.clone().or(charge_id.cloned());
        Ok(Self {
            status,
            charge_id,
            reason: reason.or(self.reason.clone()),
            version: self.version.next(),
            ..self.clone()
        })
    }

    /// The order that is paid for.
    pub fn order_id(&self) -> Option<OrderId> {
        match self.subject {
            Subject::Order(order_id) => Some(order_id),
            Subject::Deposit => None,
        }
    }
}
