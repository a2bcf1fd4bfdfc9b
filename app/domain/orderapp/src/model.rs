//! Orders as JSON, with the only conversions to and from the business.

use mux::reply::{Money, rfc3339};
use orderbus::{ItemsError, NewItem, Quantity};
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::MovieId;
use utoipa::ToSchema;
use uuid::Uuid;

/// An order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Order {
    id: Uuid,
    /// Who ordered.
    owner_id: Uuid,
    /// `pending`, `paid`, `cancelled` or `refunded`.
    status: &'static str,
    /// What was ordered, as it was then.
    items: Vec<Item>,
    /// What all items cost together.
    total: Money,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Some copies of a film.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderItem)]
pub(crate) struct Item {
    movie_id: Uuid,
    /// The title when it was ordered.
    title: String,
    quantity: i16,
    /// The price of one copy when it was ordered.
    price: Money,
}

/// The body that places an order.
pub(crate) struct NewOrder(orderbus::NewOrder);

/// What is wanted of a film.
struct Wanted(NewItem);

pub(crate) const STATUS_NAMES: &[&str] = &["pending", "paid", "cancelled", "refunded"];

pub(crate) static MOVIE_ID: Field<MovieId> = field::id().example("01890a5d-ac96-774b-bcce-b302099a8057");

static QUANTITY: Field<Quantity> =
    field::integer(1..=Quantity::MAX as i64, |copies| Ok(Quantity::parse(copies)?)).describe("Copies.").example("2");

static WANTED: Field<Wanted> = field::object();

static ITEMS: Field<Vec<Wanted>> = field::list(&WANTED, 1..=orderbus::NewOrder::MAX_ITEMS)
    .describe("The films, each of them once: `quantity` says how many copies.");

impl Body for NewOrder {
    const NAME: &'static str = "NewOrder";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let items = object.required("items", &ITEMS)?;
        let items = items.into_iter().map(|Wanted(item)| item).collect();
        orderbus::NewOrder::parse(items)
            .map(Self)
            .map_err(|error| match error {
                ItemsError::Count => object.refuse("items", error.to_string()),
                ItemsError::Repeated { index } => object.refuse_item("items", index, error.to_string()),
            })
            .ok()
    }
}

impl Body for Wanted {
    const NAME: &'static str = "NewOrderItem";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let movie_id = object.required("movie_id", &MOVIE_ID);
        let quantity = object.required("quantity", &QUANTITY);
        Some(Self(NewItem { movie_id: movie_id?, quantity: quantity? }))
    }
}

impl From<NewOrder> for orderbus::NewOrder {
    fn from(NewOrder(new): NewOrder) -> Self {
        new
    }
}

impl From<&orderbus::Order> for Order {
    fn from(order: &orderbus::Order) -> Self {
        Self {
            id: order.id.uuid(),
            owner_id: order.owner.uuid(),
            status: order.status.as_str(),
            items: order.items.iter().map(Item::from).collect(),
            total: order.total.into(),
            version: order.version.number(),
            created_at: rfc3339(order.created_at),
            updated_at: rfc3339(order.updated_at),
        }
    }
}

impl From<&orderbus::Item> for Item {
    fn from(item: &orderbus::Item) -> Self {
        Self {
            movie_id: item.movie_id.uuid(),
            title: item.title.as_str().to_owned(),
            quantity: item.quantity.copies(),
            price: item.price.into(),
        }
    }
}
