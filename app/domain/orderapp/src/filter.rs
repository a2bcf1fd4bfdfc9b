//! The query of a list of orders.

use orderbus::{OrderField, QueryFilter, Status};
use request::{Field, List, Parameters, Params, Sorting, field};

use crate::model::{MOVIE_ID, STATUS_NAMES};

/// Which orders to list, which part of the list, in what order.
pub(crate) struct OrderQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("total", OrderField::Total), ("created_at", OrderField::CreatedAt)],
    default: &orderbus::DEFAULT_ORDER,
};

static STATUS: Field<Status> = field::enumeration(STATUS_NAMES, |text| Ok(Status::parse(text)?));

static TOTAL: Field<i64> = field::integer(0..=orderbus::Order::MAX_TOTAL, Ok)
    .describe("An amount in minor units. Amounts are compared, whatever their currency is.")
    .example("999");

impl Parameters for OrderQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let status = params.optional("status", &STATUS);
        let movie_id = params.optional("movie_id", &MOVIE_ID);
        let total_from = params.optional("total_from", &TOTAL);
        let total_to = params.optional("total_to", &TOTAL);
        let list = params.list(&SORTING);
        let filter = QueryFilter { status: status?, movie_id: movie_id?, total_from: total_from?, total_to: total_to? };
        Some(Self { filter, list: list? })
    }
}
