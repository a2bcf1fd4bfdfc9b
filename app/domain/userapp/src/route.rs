//! The table of routes of users.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::UserQuery;
use crate::model::{User, UserRoles};
use crate::{App, query, query_by_id, query_me, set_roles};

/// The routes of `users`.
pub fn routes(users: userbus::Business) -> Routes {
    Routes::new("users", "The accounts of people.")
        .put(
            "/v1/users/{id}/roles",
            Permission::UsersGrant,
            operation("set_user_roles", "Set a user's roles")
                .describe(
                    "Takes effect everywhere within 10 seconds. At least one admin who can sign in always remains.",
                )
                .if_match(Need::Optional)
                .body::<UserRoles>()
                .body_example(json!({"roles": ["customer", "editor"]}))
                .responds_json::<User>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            set_roles,
        )
        .get(
            "/v1/users",
            Permission::UsersQuery,
            operation("query_users", "List users").query::<UserQuery>().responds_json::<Collection<User>>(200).paged(),
            query,
        )
        .get(
            "/v1/users/me",
            Permission::UsersRead,
            operation("query_me", "Read one's own account").responds_json::<User>(200).tagged().refuses(Code::NotFound),
            query_me,
        )
        .get(
            "/v1/users/{id}",
            Permission::UsersRead,
            operation("query_user_by_id", "Read one account")
                .describe("Whoever may read their own account alone finds no other.")
                .responds_json::<User>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_by_id,
        )
        .data(App { users })
}
