//! Accounts, the movements between them, and what a wallet shows of them.

use types::{Id, Money, PaymentId, Timestamp, UserId};

/// Names the rows of transfers.
#[derive(Debug)]
pub enum TransferKind {}

/// Names the rows of entries.
#[derive(Debug)]
pub enum EntryKind {}

/// Identifies a transfer.
pub type TransferId = Id<TransferKind>;

/// Identifies an entry.
pub type EntryId = Id<EntryKind>;

/// An account of the ledger; there is one of each in each currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// What a user can spend.
    Wallet(UserId),
    /// What is reserved of a user's money.
    Held(UserId),
    /// The money that the provider of card payments has for us. Its balance is below zero, as an asset's is.
    Card,
    /// What was earned.
    Sales,
    /// What is owed to cards.
    Refunds,
}

/// A way that money takes, from one account to another.
///
/// | movement | from | to |
/// |---|---|---|
/// | deposit | card | wallet |
/// | transfer | wallet | another wallet |
/// | hold | wallet | held |
/// | release | held | wallet |
/// | capture | held | sales |
/// | sale | card | sales |
/// | refund | sales | wallet |
/// | card refund | sales | refunds |
/// | stray | card | refunds |
/// | card return | refunds | card |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// A card filled the wallet of this user.
    Deposit(UserId),
    /// One user sent money to another.
    Transfer {
        /// Who sent it.
        from: UserId,
        /// Who got it.
        to: UserId,
    },
    /// Money of this user is reserved for a payment.
    Hold(UserId),
    /// The reserved money is this user's again.
    Release(UserId),
    /// The reserved money of this user pays for something.
    Capture(UserId),
    /// A card paid for something.
    Sale,
    /// What this user paid from the wallet goes back there.
    Refund(UserId),
    /// What a card paid is owed to it.
    CardRefund,
    /// A card paid for what could no longer be paid for, and is owed the money.
    Stray,
    /// What was owed to a card was sent back to it.
    CardReturn,
}

/// A transfer: one amount that left one account for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Identifies the transfer.
    pub id: TransferId,
    /// From where, to where, and why.
    pub movement: Movement,
    /// How much: above zero.
    pub amount: Money,
    /// When.
    pub created_at: Timestamp,
}

/// What a user has in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// What can be spent.
    pub available: Money,
    /// What is reserved for payments that are not settled yet.
    pub held: Money,
}

/// What came into a wallet, or went out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifies the entry.
    pub id: EntryId,
    /// The transfer that it is one side of.
    pub transfer_id: TransferId,
    /// Why the money moved.
    pub reason: Reason,
    /// Above zero for what came in, below for what went out.
    pub amount: Money,
    /// What the wallet had in this currency after it.
    pub balance_after: i64,
    /// Who is at the other side, when that is another user.
    pub counterparty: Option<UserId>,
    /// The payment that it is part of.
    pub payment_id: Option<PaymentId>,
    /// When.
    pub created_at: Timestamp,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// `deposit`: a card filled a wallet.
    Deposit,
    /// `transfer`: from one user to another.
    Transfer,
    /// `hold`: reserved for a payment.
    Hold,
    /// `release`: reserved before, and given back.
    Release,
    /// `capture`: reserved before, and spent.
    Capture,
    /// `sale`: a card paid.
    Sale,
    /// `refund`: what was spent came back.
    Refund,
    /// `card_refund`: owed to a card.
    CardRefund,
    /// `stray`: paid by a card too late, and owed to it.
    Stray,
    /// `card_return`: sent back to a card.
    CardReturn,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// The text is no reason that a wallet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of deposit, transfer, hold, release, refund")]
pub struct ReasonError;

impl Account {
    /// Whose it is; `None` for an account of the house.
    pub fn owner(self) -> Option<UserId> {
        match self {
            Self::Wallet(owner) | Self::Held(owner) => Some(owner),
            Self::Card | Self::Sales | Self::Refunds => None,
        }
    }

    /// The name of its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Wallet(_) => "wallet",
            Self::Held(_) => "held",
            Self::Card => "card",
            Self::Sales => "sales",
            Self::Refunds => "refunds",
        }
    }
}

impl Movement {
    /// Where the money comes from, and where it goes.
    pub const fn sides(self) -> (Account, Account) {
        match self {
            Self::Deposit(owner) => (Account::Card, Account::Wallet(owner)),
            Self::Transfer { from, to } => (Account::Wallet(from), Account::Wallet(to)),
            Self::Hold(owner) => (Account::Wallet(owner), Account::Held(owner)),
            Self::Release(owner) => (Account::Held(owner), Account::Wallet(owner)),
            Self::Capture(owner) => (Account::Held(owner), Account::Sales),
            Self::Sale => (Account::Card, Account::Sales),
            Self::Refund(owner) => (Account::Sales, Account::Wallet(owner)),
            Self::CardRefund => (Account::Sales, Account::Refunds),
            Self::Stray => (Account::Card, Account::Refunds),
            Self::CardReturn => (Account::Refunds, Account::Card),
        }
    }

    /// Why the money moves.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Deposit(_) => Reason::Deposit,
            Self::Transfer { .. } => Reason::Transfer,
            Self::Hold(_) => Reason::Hold,
            Self::Release(_) => Reason::Release,
            Self::Capture(_) => Reason::Capture,
            Self::Sale => Reason::Sale,
            Self::Refund(_) => Reason::Refund,
            Self::CardRefund => Reason::CardRefund,
            Self::Stray => Reason::Stray,
            Self::CardReturn => Reason::CardReturn,
        }
    }
}

impl Reason {
    /// The reasons that entries of wallets have.
    pub const OF_WALLETS: [Self; 5] = [Self::Deposit, Self::Transfer, Self::Hold, Self::Release, Self::Refund];

    /// Every reason.
    const ALL: [Self; 10] = [
        Self::Deposit,
        Self::Transfer,
        Self::Hold,
        Self::Release,
        Self::Capture,
        Self::Sale,
        Self::Refund,
        Self::CardRefund,
        Self::Stray,
        Self::CardReturn,
    ];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no reason that a wallet has.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        Self::OF_WALLETS.into_iter().find(|known| known.as_str() == text).ok_or(ReasonError)
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.as_str() == text).unwrap_or(Self::Unknown)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Transfer => "transfer",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Capture => "capture",
            Self::Sale => "sale",
            Self::Refund => "refund",
            Self::CardRefund => "card_refund",
            Self::Stray => "stray",
            Self::CardReturn => "card_return",
            Self::Unknown => "unknown",
        }
    }
}
