//! The table of routes of audits.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Routes, operation};

use crate::filter::AuditQuery;
use crate::model::Audit;
use crate::{App, query, query_by_id};

/// The routes of audits that are kept in `db`.
pub fn routes(db: sqldb::Db) -> Routes {
    Routes::new("audits", "Who changed what, when, from where.")
        .get(
            "/v1/audits",
            Permission::AuditsRead,
            operation("query_audits", "List changes")
                .describe(
                    "Every change of every row leaves an audit, in the transaction of the change. The newest come first.",
                )
                .query::<AuditQuery>()
                .responds_json::<Collection<Audit>>(200)
                .paged(),
            query,
        )
        .get(
            "/v1/audits/{id}",
            Permission::AuditsRead,
            operation("query_audit_by_id", "Read one change").responds_json::<Audit>(200).refuses(Code::NotFound),
            query_by_id,
        )
        .data(App { audits: auditbus::Business::new(db) })
}
