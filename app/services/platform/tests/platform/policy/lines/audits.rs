//! Audits: they are for admins, whoever made the change.

use auth::Permission;
use futures_util::FutureExt as _;
use types::Role;
use uuid::Uuid;

use super::get;
use crate::policy::matrix::{Cell, Line, NOBODYS, NOTHING, Target, needs};

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "query_audits",
        access: needs(Permission::AuditsRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/audits").boxed_local(),
    },
    Line {
        operation: "query_audit_by_id",
        access: needs(Permission::AuditsRead),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.get(audit(cell).await) }.boxed_local(),
    },
];

/// The path of an audit that is there, or is not.
async fn audit(cell: &Cell<'_>) -> String {
    if cell.target == Target::Missing {
        return format!("/v1/audits/{}", Uuid::now_v7());
    }
    // Every user of this test has left one.
    let newest = cell.ground.api.get("/v1/audits?limit=1").by(Role::Admin).send().await.json();
    format!("/v1/audits/{}", newest["items"][0]["id"].as_str().unwrap())
}
