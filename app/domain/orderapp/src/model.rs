//! Orders as JSON, with the only conversions to and from the business.

use apierror::ApiError;
use mux::reply::rfc3339;
use orderbus::{Status, Worth};
use problem::FieldError;
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::Currency;
use utoipa::ToSchema;
use uuid::Uuid;

/// An order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Order {
    id: Uuid,
    /// Whose it is.
    owner_id: Uuid,
    status: &'static str,
    worth: Money,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(crate) struct Money {
    /// In the minor unit of the currency, such as cents.
    amount: i64,
    /// A code of ISO 4217.
    currency: String,
}

/// The body that adds an order.
#[derive(Clone)]
pub(crate) struct NewOrder(orderbus::NewOrder);

/// The merge patch that changes an order.
pub(crate) struct UpdateOrder {
    /// The update, apart from what is merged.
    update: orderbus::UpdateOrder,
    /// Money is an object: its members are merged with the ones there are.
    worth: Option<UpdateWorth>,
}

struct NewWorth(Worth);

struct UpdateWorth {
    amount: Option<i64>,
    currency: Option<Currency>,
}

pub(crate) const STATUS_NAMES: &[&str] = &["pending", "paid", "cancelled", "refunded"];

static STATUS: Field<Status> = field::enumeration(STATUS_NAMES, |text| Ok(Status::parse(text)?));

static NEW_WORTH: Field<NewWorth> = field::object();

static UPDATE_WORTH: Field<UpdateWorth> = field::object();

static AMOUNT: Field<i64> =
    field::integer(0..=Worth::MAX, Ok).describe("In the minor unit of the currency, such as cents.").example("999");

static CURRENCY: Field<Currency> =
    field::enumeration_of(|| Currency::codes().collect(), |text| Ok(Currency::parse(text)?))
        .describe("A code of ISO 4217.")
        .example("USD");

impl Body for NewOrder {
    const NAME: &'static str = "NewOrder";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let status = object.defaulted("status", &STATUS, "pending");
        let worth = object.required("worth", &NEW_WORTH);
        Some(Self(orderbus::NewOrder { status: status?, worth: worth?.0 }))
    }
}

impl Body for UpdateOrder {
    const NAME: &'static str = "UpdateOrder";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let status = object.patch("status", &STATUS);
        let worth = object.patch("worth", &UPDATE_WORTH);
        let update = orderbus::UpdateOrder { status: status?, worth: None };
        Some(Self { update, worth: worth? })
    }
}

impl Body for NewWorth {
    const NAME: &'static str = "NewOrderWorth";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.required("amount", &AMOUNT);
        let currency = object.required("currency", &CURRENCY);
        let money = types::Money { amount: amount?, currency: currency? };
        Worth::parse(money).map(Self).map_err(|error| object.refuse("amount", error.to_string())).ok()
    }
}

impl Body for UpdateWorth {
    const NAME: &'static str = "UpdateOrderWorth";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.patch("amount", &AMOUNT);
        let currency = object.patch("currency", &CURRENCY);
        Some(Self { amount: amount?, currency: currency? })
    }
}

impl UpdateWorth {
    /// What becomes of `before`; a stored amount from before today's rules may be none.
    fn of(self, before: Worth) -> Result<Worth, ApiError> {
        let before = before.money();
        let money = types::Money {
            amount: self.amount.unwrap_or(before.amount),
            currency: self.currency.unwrap_or(before.currency),
        };
        Worth::parse(money)
            .map_err(|error| ApiError::invalid(vec![FieldError::pointer("#/worth/amount", error.to_string())]))
    }
}

impl From<NewOrder> for orderbus::NewOrder {
    fn from(NewOrder(new): NewOrder) -> Self {
        new
    }
}

impl UpdateOrder {
    /// The update of `order`.
    ///
    /// # Errors
    /// 422: what is merged breaks a rule.
    pub(crate) fn of(self, order: &orderbus::Order) -> Result<orderbus::UpdateOrder, ApiError> {
        Ok(orderbus::UpdateOrder { worth: self.worth.map(|worth| worth.of(order.worth)).transpose()?, ..self.update })
    }
}

impl From<&orderbus::Order> for Order {
    fn from(order: &orderbus::Order) -> Self {
        Self {
            id: order.id.uuid(),
            owner_id: order.owner.uuid(),
            status: order.status.as_str(),
            worth: order.worth.money().into(),
            version: order.version.number(),
            created_at: rfc3339(order.created_at),
            updated_at: rfc3339(order.updated_at),
        }
    }
}

impl From<types::Money> for Money {
    fn from(money: types::Money) -> Self {
        Self { amount: money.amount, currency: money.currency.as_str().to_owned() }
    }
}
