//! The query of a list of sessions.

use request::{List, Parameters, Params, Sorting};
use sessionbus::OrderField;

/// Which part of the list of one's sessions, in what order.
pub(crate) struct SessionQuery(pub(crate) List<OrderField>);

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("created_at", OrderField::CreatedAt), ("last_used_at", OrderField::LastUsedAt)],
    default: &sessionbus::DEFAULT_ORDER,
};

impl Parameters for SessionQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let list = params.list(&SORTING);
        Some(Self(list?))
    }
}
