//! Sales as JSON, with the only conversions from the business.

use mux::reply::{Money, rfc3339};
use salesview::Group;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Some copies of a film that somebody ordered: a line of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sale {
    order_id: Uuid,
    /// The place within the order, from 1.
    place: i16,
    /// That of the order: `pending`, `paid`, `cancelled` or `refunded`.
    status: &'static str,
    /// When the order was placed.
    #[schema(format = DateTime)]
    created_at: String,
    buyer: Buyer,
    movie: SoldMovie,
    quantity: i16,
    /// The price of one copy when it was ordered.
    price: Money,
    /// What the copies came to.
    amount: Money,
    /// What the whole order came to.
    total: Money,
}

/// Who ordered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Buyer {
    id: Uuid,
    /// The name as it is now; null when the account is gone.
    #[schema(required = true)]
    name: Option<String>,
    /// The mail address as it is now; null when the account is gone.
    #[schema(required = true)]
    email: Option<String>,
}

/// A film that was sold.
#[derive(Serialize, ToSchema)]
pub(crate) struct SoldMovie {
    /// There may be no such film any more.
    id: Uuid,
    /// Of a sale, the title when it was ordered; of a total, the one that the film has now.
    title: String,
}

/// What the sales of a film or a month come to, in one currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaleTotal {
    /// The film, of totals by film.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    movie: Option<SoldMovie>,
    /// The month of UTC, of totals by month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: Option<String>,
    /// In how many orders they are.
    orders: i64,
    /// How many copies they are.
    copies: i64,
    /// What they come to, in the minor unit of the currency.
    #[schema(value_type = i64, format = "int128")]
    amount: i128,
    /// A code of ISO 4217.
    currency: String,
}

impl From<salesview::Sale> for Sale {
    fn from(sale: salesview::Sale) -> Self {
        let account = sale.buyer.account;
        let (name, email) =
            account.map(|account| (account.name.as_str().to_owned(), account.email.as_str().to_owned())).unzip();
        Self {
            order_id: sale.order_id.uuid(),
            place: sale.place,
            status: sale.status.as_str(),
            created_at: rfc3339(sale.created_at),
            buyer: Buyer { id: sale.buyer.id.uuid(), name, email },
            movie: SoldMovie { id: sale.movie_id.uuid(), title: sale.title },
            quantity: sale.quantity,
            price: sale.price.into(),
            amount: sale.amount.into(),
            total: sale.total.into(),
        }
    }
}

impl From<salesview::Total> for SaleTotal {
    fn from(total: salesview::Total) -> Self {
        let (movie, month) = match total.group {
            Group::Film { movie_id, title } => (Some(SoldMovie { id: movie_id.uuid(), title }), None),
            Group::Month(first) => (None, Some(first.format("%Y-%m").to_string())),
        };
        Self {
            movie,
            month,
            orders: total.orders,
            copies: total.copies,
            amount: total.amount,
            currency: total.currency.as_str().to_owned(),
        }
    }
}
