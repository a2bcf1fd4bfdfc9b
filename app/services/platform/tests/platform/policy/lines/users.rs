//! Accounts: each belongs to the user it is of.

use apitest::{PASSWORD, Request, Standing};
use auth::Permission;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use types::Role;

use super::get;
use crate::policy::matrix::{Cell, Line, NOTHING, OWNED, needs};

const NEW_PASSWORD: &str = "quite another passphrase";

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "register",
        access: needs(Permission::AccountsRegister),
        targets: NOTHING,
        ask: |cell| {
            let new = json!({ "name": "Somebody", "email": cell.ground.address(), "password": NEW_PASSWORD });
            post(cell, "/v1/users", new).boxed_local()
        },
    },
    Line {
        operation: "activate_user",
        access: needs(Permission::AccountsRegister),
        targets: NOTHING,
        ask: |cell| {
            async {
                let token = cell.ground.activation_token().await;
                cell.ground.api.post("/v1/users/activation").json(&json!({ "token": token }))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "mail_activation",
        access: needs(Permission::AccountsRegister),
        targets: NOTHING,
        ask: |cell| post(cell, "/v1/users/activation-mail", json!({ "email": cell.ground.address() })).boxed_local(),
    },
    Line {
        operation: "mail_password_reset",
        access: needs(Permission::AccountsRecover),
        targets: NOTHING,
        ask: |cell| {
            post(cell, "/v1/users/password-reset-mail", json!({ "email": cell.ground.address() })).boxed_local()
        },
    },
    Line {
        operation: "reset_password",
        access: needs(Permission::AccountsRecover),
        targets: NOTHING,
        ask: |cell| {
            async {
                let user = cell.ground.user(Role::Customer, Standing::Active).await;
                let body = json!({ "token": cell.ground.reset_token(&user).await, "password": NEW_PASSWORD });
                cell.ground.api.post("/v1/users/password-reset").json(&body)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_users",
        access: needs(Permission::UsersQuery),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/users").boxed_local(),
    },
    Line {
        operation: "query_me",
        access: needs(Permission::UsersRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/users/me").boxed_local(),
    },
    Line {
        operation: "query_user_by_id",
        access: needs(Permission::UsersRead),
        targets: OWNED,
        ask: |cell| async { cell.ground.api.get(user(cell).await.0) }.boxed_local(),
    },
    Line {
        operation: "query_payee",
        access: needs(Permission::PayeesRead),
        targets: OWNED,
        ask: |cell| async { cell.ground.api.get(format!("{}/payee", user(cell).await.0)) }.boxed_local(),
    },
    Line {
        operation: "update_user",
        access: needs(Permission::UsersWrite),
        targets: OWNED,
        ask: |cell| update(cell, json!({ "name": "Somebody Else" })).boxed_local(),
    },
    // The member that keeps somebody out asks for more than the rest of the account.
    Line {
        operation: "update_user",
        access: needs(Permission::UsersEnable),
        targets: OWNED,
        ask: |cell| update(cell, json!({ "enabled": false })).boxed_local(),
    },
    Line {
        operation: "change_password",
        access: needs(Permission::UsersPassword),
        targets: OWNED,
        ask: |cell| {
            async {
                let path = format!("{}/password", user(cell).await.0);
                let body = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
                cell.ground.api.post(path).json(&body)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "delete_user",
        access: needs(Permission::UsersDelete),
        targets: OWNED,
        ask: |cell| async { cell.ground.api.delete(user(cell).await.0) }.boxed_local(),
    },
    Line {
        operation: "set_user_roles",
        access: needs(Permission::UsersGrant),
        targets: OWNED,
        ask: |cell| {
            async {
                let path = format!("{}/roles", user(cell).await.0);
                cell.ground.api.request("PUT", path).json(&json!({ "roles": ["support"] }))
            }
            .boxed_local()
        },
    },
];

async fn post<'a>(cell: &'a Cell<'a>, path: &'static str, body: Value) -> Request<'a> {
    cell.ground.api.post(path).json(&body)
}

async fn update<'a>(cell: &'a Cell<'a>, patch: Value) -> Request<'a> {
    let (path, tag) = user(cell).await;
    cell.ground.api.patch(path).if_match(&tag).merge(&patch)
}

/// The path of an account, and the tag of its version.
async fn user(cell: &Cell<'_>) -> (String, String) {
    match cell.target_user().await {
        Ok(user) => (format!("/v1/users/{}", user.id), format!("\"{}\"", user.version)),
        Err(user_id) => (format!("/v1/users/{user_id}"), "\"1\"".to_owned()),
    }
}
