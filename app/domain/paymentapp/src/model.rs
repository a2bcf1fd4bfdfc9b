//! Payments as JSON, with the only conversions to and from the business.

use cards::{Reason, Token};
use mux::reply::{Money, rfc3339};
use paymentbus::MethodKind;
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::{Amount, OrderId};
use utoipa::ToSchema;
use uuid::Uuid;

/// A payment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Payment {
    id: Uuid,
    /// Who pays.
    owner_id: Uuid,
    /// What is paid for; null for money that fills the payer's wallet.
    order_id: Option<Uuid>,
    /// `wallet` or `card`.
    method: &'static str,
    amount: Money,
    /// `pending`, `succeeded`, `failed`, `refunding` or `refunded`.
    status: &'static str,
    /// Why it failed, as a word of the provider's.
    reason: Option<String>,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The body that pays for an order.
pub(crate) struct NewPayment {
    pub(crate) method: MethodKind,
    pub(crate) token: Option<Token>,
}

/// The body that fills a wallet.
pub(crate) struct NewDeposit {
    pub(crate) amount: Amount,
    pub(crate) token: Token,
}

const METHODS: &[&str] = &["wallet", "card"];

static METHOD: Field<MethodKind> = field::enumeration(METHODS, |text| Ok(MethodKind::restore(text)))
    .describe("`wallet`: with what is in one's wallet. `card`: by the provider of card payments, with its `token`.")
    .example("wallet");

static CARD: Field<MethodKind> =
    field::enumeration(&["card"], |text| Ok(MethodKind::restore(text))).describe("A wallet is filled by card.");

static TOKEN: Field<Token> = field::text(1..=Token::MAX, |text| Ok(Token::parse(text)?))
    .pattern("^[!-~]+$")
    .describe(
        "Stands for a card that the customer gave to the provider: 1 to 200 visible characters of ASCII. In development \
         `tok_visa` succeeds, `tok_declined` is declined, `tok_pending` takes a moment.",
    )
    .example("tok_visa");

static AMOUNT: Field<Amount> = field::object();

impl Body for NewPayment {
    const NAME: &'static str = "NewPayment";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let method = object.required("method", &METHOD);
        let token = object.nullable("token", &TOKEN);
        let (method, token) = (method?, token?);
        match (method, &token) {
            (MethodKind::Card, None) => object.refuse("token", "is needed for a card"),
            (MethodKind::Wallet, Some(_)) => object.refuse("token", "is of cards alone"),
            (MethodKind::Card, Some(_)) | (MethodKind::Wallet, None) => return Some(Self { method, token }),
        }
        None
    }
}

impl Body for NewDeposit {
    const NAME: &'static str = "NewDeposit";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.required("amount", &AMOUNT);
        let method = object.defaulted("method", &CARD, "card");
        let token = object.required("token", &TOKEN);
        method?;
        Some(Self { amount: amount?, token: token? })
    }
}

impl From<&paymentbus::Payment> for Payment {
    fn from(payment: &paymentbus::Payment) -> Self {
        Self {
            id: payment.id.uuid(),
            owner_id: payment.owner.uuid(),
            order_id: payment.order_id().map(OrderId::uuid),
            method: payment.method.as_str(),
            amount: payment.amount.into(),
            status: payment.status.as_str(),
            reason: payment.reason.as_ref().map(Reason::as_str).map(str::to_owned),
            version: payment.version.number(),
            created_at: rfc3339(payment.created_at),
            updated_at: rfc3339(payment.updated_at),
        }
    }
}
