//! The routes and who may call them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth::{Grant, Permission};
use mux::{Access, Routes};
use serde::Serialize;
use serde_json::json;
use types::Role;

use crate::{Console, answer};

/// A route.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    method: String,
    path: &'static str,
    table: &'static str,
    summary: &'static str,
    /// None for what everyone may call.
    permission: Option<&'static str>,
}

impl Line {
    /// The routes of tables, in their order.
    #[must_use]
    pub fn of(tables: &[Routes]) -> Vec<Self> {
        let lines = tables.iter().flat_map(|table| {
            table.iter().map(|route| Self {
                method: route.method().to_string(),
                path: route.path(),
                table: table.tag(),
                summary: route.operation().summary(),
                permission: match route.access() {
                    Access::Needs(permission) => Some(permission.as_str()),
                    Access::Open | Access::Exempt => None,
                },
            })
        });
        lines.collect()
    }
}

#[derive(Serialize)]
struct Permitted {
    permission: &'static str,
    description: &'static str,
    anonymous: Grant,
    roles: Vec<Grant>,
}

/// The routes, and the policy.
pub(crate) async fn query(console: Data<Console>) -> HttpResponse {
    let policy = Permission::ALL.iter().map(|permission| {
        let row = permission.row();
        Permitted {
            permission: permission.as_str(),
            description: permission.description(),
            anonymous: row.anonymous,
            roles: Role::ALL.into_iter().map(|role| row.of(role).max(row.anonymous)).collect(),
        }
    });
    let roles: Vec<String> = Role::ALL.into_iter().map(|role| role.to_string()).collect();
    answer::json(&json!({
        "routes": console.0.views.routes,
        "roles": roles,
        "policy": policy.collect::<Vec<_>>(),
    }))
}
