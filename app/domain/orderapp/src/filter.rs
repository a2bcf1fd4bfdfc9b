//! The query of a list of orders.

use orderbus::{OrderField, QueryFilter, Status, Worth};
use request::{Field, List, Parameters, Params, Sorting, field};

use crate::model::STATUS_NAMES;

/// Which orders to list, which part of the list, in what order.
pub(crate) struct OrderQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("worth", OrderField::Worth), ("created_at", OrderField::CreatedAt)],
    default: &orderbus::DEFAULT_ORDER,
};

static STATUS: Field<Status> = field::enumeration(STATUS_NAMES, |text| Ok(Status::parse(text)?));

static WORTH: Field<i64> = field::integer(0..=Worth::MAX, Ok)
    .describe("An amount in minor units. Amounts are compared, whatever their currency is.")
    .example("999");

impl Parameters for OrderQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let status = params.optional("status", &STATUS);
        let worth_from = params.optional("worth_from", &WORTH);
        let worth_to = params.optional("worth_to", &WORTH);
        let list = params.list(&SORTING);
        let filter = QueryFilter { status: status?, worth_from: worth_from?, worth_to: worth_to? };
        Some(Self { filter, list: list? })
    }
}
