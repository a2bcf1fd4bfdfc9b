//! The queries of sales: of the list, of the whole of it, of what they come to.

use orderbus::Status;
use paging::OrderBy;
use request::{Field, List, Parameters, Params, Sorting, field};
use salesview::{By, OrderField, QueryFilter, Search, TotalField};
use types::{Currency, MovieId, Timestamp, UserId};

/// Which sales to list, which part of the list, in what order.
pub(crate) struct SaleQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

/// Which sales to download, in what order: all of them, so that there is no page.
pub(crate) struct DownloadQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) order_by: OrderBy<OrderField>,
}

/// Which sales to sum up, by what, which part of the list, in what order.
pub(crate) struct TotalQuery {
    pub(crate) by: By,
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<TotalField>,
}

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("amount", OrderField::Amount), ("created_at", OrderField::CreatedAt)],
    default: &salesview::DEFAULT_ORDER,
};

const TOTAL_FIELDS: &[(&str, TotalField)] = &[
    ("amount", TotalField::Amount),
    ("copies", TotalField::Copies),
    ("orders", TotalField::Orders),
    ("month", TotalField::Month),
];

static FILM_SORTING: Sorting<TotalField> = Sorting { fields: TOTAL_FIELDS, default: By::Film.default_order() };

static MONTH_SORTING: Sorting<TotalField> = Sorting { fields: TOTAL_FIELDS, default: By::Month.default_order() };

static BY: Field<By> = field::enumeration(&["film", "month"], |text| Ok(By::parse(text)?))
    .describe("Whether there is a total for each film, or for each month of UTC.");

static STATUS: Field<Status> =
    field::enumeration(&["pending", "paid", "cancelled", "refunded"], |text| Ok(Status::parse(text)?));

static STATUSES: Field<Vec<Status>> =
    field::set(&STATUS, 1..=Status::ALL.len()).describe("The status of the order. Given several times: any of them.");

static PAID: Field<Vec<Status>> = field::set(&STATUS, 1..=Status::ALL.len()).describe(
    "The status of the order. Given several times: any of them. Without it: `paid`, since what is refunded is no income.",
);

static MOVIE_ID: Field<MovieId> =
    field::id().describe("The film, as it is or was.").example("01890a5d-ac96-774b-bcce-b302099a8057");

static BUYER: Field<UserId> = field::id().describe("Who ordered, even if their account is gone.");

static SEARCH: Field<Search> = field::line(Search::MIN..=Search::MAX, |text| Ok(Search::parse(text)?))
    .describe(
        "A part of the buyer's name, accents and case aside, or of their mail address. Who has no account has neither.",
    )
    .example("ada@");

static FROM: Field<Timestamp> = field::timestamp().describe("It was ordered at this moment or later.");

static TO: Field<Timestamp> = field::timestamp().describe("It was ordered before this moment.");

static AMOUNT: Field<i64> = field::integer(0..=orderbus::Order::MAX_TOTAL, Ok)
    .describe("What the copies came to, in minor units. Amounts are compared, whatever their currency is.")
    .example("999");

static TOTAL: Field<i64> = field::integer(0..=orderbus::Order::MAX_TOTAL, Ok)
    .describe("What the whole order came to, in minor units. Amounts are compared, whatever their currency is.")
    .example("999");

static CURRENCY: Field<Currency> = field::currency();

impl Parameters for SaleQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let filter = filter(params, &STATUSES);
        let list = params.list(&SORTING);
        Some(Self { filter: filter?, list: list? })
    }
}

impl Parameters for DownloadQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let filter = filter(params, &STATUSES);
        let order_by = params.sort(&SORTING);
        Some(Self { filter: filter?, order_by: order_by? })
    }
}

impl Parameters for TotalQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let by = params.required("by", &BY);
        let filter = filter(params, &PAID);
        let list = params.list(if by == Some(By::Month) { &MONTH_SORTING } else { &FILM_SORTING });
        let (by, mut filter, list) = (by?, filter?, list?);
        if by == By::Film && list.order_by.terms().iter().any(|(field, _)| *field == TotalField::Month) {
            params.refuse("sort", "must not name month, which films have none of");
            return None;
        }
        if filter.statuses.is_empty() {
            filter.statuses.push(Status::Paid);
        }
        Some(Self { by, filter, list })
    }
}

/// The parameters that all of them have.
fn filter(params: &mut Params<'_>, status: &'static Field<Vec<Status>>) -> Option<QueryFilter> {
    let statuses = params.repeated("status", status);
    let movie_id = params.optional("movie_id", &MOVIE_ID);
    let buyer = params.optional("buyer", &BUYER);
    let search = params.optional("q", &SEARCH);
    let from = params.optional("from", &FROM);
    let to = params.optional("to", &TO);
    let amount_from = params.optional("amount_from", &AMOUNT);
    let amount_to = params.optional("amount_to", &AMOUNT);
    let total_from = params.optional("total_from", &TOTAL);
    let total_to = params.optional("total_to", &TOTAL);
    let currency = params.optional("currency", &CURRENCY);
    Some(QueryFilter {
        statuses: statuses?,
        movie_id: movie_id?,
        buyer: buyer?,
        search: search?,
        from: from?,
        to: to?,
        amount_from: amount_from?,
        amount_to: amount_to?,
        total_from: total_from?,
        total_to: total_to?,
        currency: currency?,
    })
}
