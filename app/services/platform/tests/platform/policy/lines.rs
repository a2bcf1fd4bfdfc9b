//! How each route is asked, by whom it is meant to be had, whose its targets are.

mod audits;
mod cinemas;
mod films;
mod live;
mod media;
mod orders;
mod sales;
mod sessions;
mod users;
mod wallet;

use apitest::Request;
use futures_util::FutureExt as _;
use mux::Access;

use crate::policy::matrix::{Cell, Line, NOTHING};

/// The lines of each domain.
const LISTS: &[&[Line]] = &[
    // One below the other, however few there are: a resource that comes or goes changes its own line.
    audits::LINES,
    films::LINES,
    sessions::LINES,
    users::LINES,
    cinemas::LINES,
    orders::LINES,
    wallet::LINES,
    sales::LINES,
    media::LINES,
    live::LINES,
    HEALTH,
];

/// Every route of the platform. Where one asks for more than its own permission, a line of its own says when.
pub(crate) fn lines() -> Vec<&'static Line> {
    LISTS.iter().copied().flatten().collect()
}

const HEALTH: &[Line] = &[
    Line {
        operation: "livez",
        access: Access::Exempt,
        targets: NOTHING,
        ask: |cell| get(cell, "/livez").boxed_local(),
    },
    Line {
        operation: "readyz",
        access: Access::Exempt,
        targets: NOTHING,
        ask: |cell| get(cell, "/readyz").boxed_local(),
    },
    Line {
        operation: "healthcheck",
        access: Access::Exempt,
        targets: NOTHING,
        ask: |cell| get(cell, "/healthcheck").boxed_local(),
    },
];

async fn get<'a>(cell: &'a Cell<'a>, path: &'static str) -> Request<'a> {
    cell.ground.api.get(path)
}
