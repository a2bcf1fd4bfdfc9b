//! Wallets as JSON, with the only conversions to and from the business.

use mux::reply::{Money, rfc3339};
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::{Amount, Currency, PaymentId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;
use walletbus::Movement;

/// What somebody has.
#[derive(Serialize, ToSchema)]
pub(crate) struct Wallet {
    owner_id: Uuid,
    /// One for each currency in which there ever was some money.
    balances: Vec<Balance>,
}

/// What somebody has in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = WalletBalance)]
pub(crate) struct Balance {
    /// What can be spent.
    available: Money,
    /// What is reserved for payments that are not decided yet.
    held: Money,
}

/// What came into a wallet, or went out of it.
#[derive(Serialize, ToSchema)]
#[schema(as = WalletEntry)]
pub(crate) struct Entry {
    id: Uuid,
    /// The transfer that it is one side of.
    transfer_id: Uuid,
    /// `deposit`, `transfer`, `hold`, `release` or `refund`.
    reason: &'static str,
    /// Above zero for what came in, below for what went out.
    amount: Money,
    /// What could be spent in this currency after it, in minor units.
    balance_after: i64,
    /// Who is at the other side, when that is another person.
    counterparty_id: Option<Uuid>,
    /// The payment that it is part of.
    payment_id: Option<Uuid>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Money that one person sent to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transfer {
    id: Uuid,
    /// Who sent it.
    from: Option<Uuid>,
    /// Who got it.
    to: Option<Uuid>,
    amount: Money,
    #[schema(format = DateTime)]
    created_at: String,
}

/// The body that sends money to somebody.
pub(crate) struct NewTransfer {
    pub(crate) to: UserId,
    pub(crate) amount: Amount,
}

pub(crate) const REASONS: &[&str] = &["deposit", "transfer", "hold", "release", "refund"];

static TO: Field<UserId> =
    field::id().describe("Who gets it, by the id of the account.").example("01890a5d-ac96-774b-bcce-b302099a8057");

static AMOUNT: Field<Amount> = field::object();

pub(crate) static CURRENCY: Field<Currency> = field::currency();

impl Body for NewTransfer {
    const NAME: &'static str = "NewTransfer";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let to = object.required("to", &TO);
        let amount = object.required("amount", &AMOUNT);
        Some(Self { to: to?, amount: amount? })
    }
}

impl Wallet {
    pub(crate) fn new(owner: UserId, balances: &[walletbus::Balance]) -> Self {
        let balance =
            |balance: &walletbus::Balance| Balance { available: balance.available.into(), held: balance.held.into() };
        Self { owner_id: owner.uuid(), balances: balances.iter().map(balance).collect() }
    }
}

impl From<&walletbus::Entry> for Entry {
    fn from(entry: &walletbus::Entry) -> Self {
        Self {
            id: entry.id.uuid(),
            transfer_id: entry.transfer_id.uuid(),
            reason: entry.reason.as_str(),
            amount: entry.amount.into(),
            balance_after: entry.balance_after,
            counterparty_id: entry.counterparty.map(UserId::uuid),
            payment_id: entry.payment_id.map(PaymentId::uuid),
            created_at: rfc3339(entry.created_at),
        }
    }
}

impl From<&walletbus::Transfer> for Transfer {
    fn from(transfer: &walletbus::Transfer) -> Self {
        let people = match transfer.movement {
            Movement::Transfer { from, to } => [Some(from), Some(to)],
            _ => [None, None],
        };
        let [from, to] = people.map(|person| person.map(UserId::uuid));
        Self {
            id: transfer.id.uuid(),
            from,
            to,
            amount: transfer.amount.into(),
            created_at: rfc3339(transfer.created_at),
        }
    }
}
