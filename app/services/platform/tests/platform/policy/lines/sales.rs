//! Sales: they are for admins and for support, whoever bought.

use auth::Permission;
use futures_util::FutureExt as _;

use super::get;
use crate::policy::matrix::{Line, NOTHING, needs};

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "query_sales",
        access: needs(Permission::SalesRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/sales").boxed_local(),
    },
    Line {
        operation: "query_sale_totals",
        access: needs(Permission::SalesRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/sales/totals?by=film").boxed_local(),
    },
];
