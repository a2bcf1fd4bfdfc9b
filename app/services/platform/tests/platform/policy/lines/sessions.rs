//! Sign-in, sessions, the documents about tokens.

use apitest::{PASSWORD, Request, Standing};
use auth::Permission;
use futures_util::FutureExt as _;
use mux::Access;
use serde_json::json;
use types::Role;
use uuid::Uuid;

use super::get;
use crate::policy::matrix::{Cell, Line, NOTHING, OWNED, needs};

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "login",
        access: needs(Permission::TokensCreate),
        targets: NOTHING,
        ask: |cell| login(cell).boxed_local(),
    },
    Line {
        operation: "refresh",
        access: needs(Permission::TokensCreate),
        targets: NOTHING,
        ask: |cell| refresh(cell).boxed_local(),
    },
    Line {
        operation: "logout",
        access: needs(Permission::SessionsEnd),
        targets: NOTHING,
        ask: |cell| async { cell.ground.api.post("/v1/auth/logout") }.boxed_local(),
    },
    Line {
        operation: "query_sessions",
        access: needs(Permission::SessionsRead),
        targets: NOTHING,
        ask: |cell| query_sessions(cell).boxed_local(),
    },
    Line {
        operation: "delete_session",
        access: needs(Permission::SessionsEnd),
        targets: OWNED,
        ask: |cell| delete_session(cell).boxed_local(),
    },
    Line {
        operation: "query_keys",
        access: Access::Open,
        targets: NOTHING,
        ask: |cell| get(cell, "/.well-known/jwks.json").boxed_local(),
    },
    Line {
        operation: "query_metadata",
        access: Access::Open,
        targets: NOTHING,
        ask: |cell| get(cell, "/.well-known/oauth-authorization-server").boxed_local(),
    },
];

async fn login<'a>(cell: &'a Cell<'a>) -> Request<'a> {
    let user = cell.ground.user(Role::Customer, Standing::Active).await;
    let body = json!({ "email": user.email.as_str(), "password": PASSWORD });
    cell.ground.api.post("/v1/auth/login").json(&body)
}

async fn refresh<'a>(cell: &'a Cell<'a>) -> Request<'a> {
    let user = cell.ground.user(Role::Customer, Standing::Active).await;
    let (_, token) = cell.ground.session(&user).await;
    cell.ground.api.post("/v1/auth/refresh").json(&json!({ "refresh_token": token.expose() }))
}

async fn query_sessions<'a>(cell: &'a Cell<'a>) -> Request<'a> {
    let somebody = cell.ground.user(Role::Customer, Standing::Active).await;
    let (session, _) = cell.ground.session(&somebody).await;
    assert_eq!(cell.others.set(session.id.uuid()), Ok(()));
    cell.ground.api.get("/v1/auth/sessions")
}

async fn delete_session<'a>(cell: &'a Cell<'a>) -> Request<'a> {
    let session_id = match cell.target_user().await {
        Ok(user) => cell.ground.session(&user).await.0.id.uuid(),
        Err(_) => Uuid::now_v7(),
    };
    cell.ground.api.delete(format!("/v1/auth/sessions/{session_id}"))
}
