//! The table of routes of users.

use apierror::Code;
use auth::Permission;
use brakes::Brakes;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::UserQuery;
use crate::model::{
    Accepted, Activation, NewPassword, PasswordChange, Payee, Recipient, Registration, UpdateUser, User, UserRoles,
};
use crate::{
    App, activate, change_password, delete, mail_activation, mail_password_reset, query, query_by_id, query_me,
    query_payee, register, reset_password, set_roles, update,
};

/// The routes of `users`, whose sessions are kept in `db`. `brakes` bound how often somebody may guess, and have mail sent.
pub fn routes(db: sqldb::Db, users: userbus::Business, brakes: Brakes) -> Routes {
    let sessions = sessionbus::Business::new(db.clone());
    let table = Routes::new("users", "The accounts of people.").data(App { db, users, sessions, brakes });
    readings(changes(by_mail(table)))
}

/// What an address alone opens.
fn by_mail(table: Routes) -> Routes {
    table
        .post(
            "/v1/users",
            Permission::AccountsRegister,
            operation("register", "Sign up")
                .describe(
                    "The answer is the same, in the same time, whether or not the address is known. A mail tells the rest: to \
                     an address that is new, how to activate the account; to one that is known, that it is. Sent again, it \
                     makes no second account. An `Idempotency-Key` has no effect: what would be kept with it tells \
                     something of the password.",
                )
                .body::<Registration>()
                .body_example(json!({
                    "name": "Ada Lovelace", "email": "ada@example.com", "password": "seven analytical engines",
                }))
                .responds_json::<Accepted>(202),
            register,
        )
        .post(
            "/v1/users/activation",
            Permission::AccountsRegister,
            operation("activate_user", "Activate an account")
                .describe("With the token that was mailed, which works once. Then its user can sign in.")
                .body::<Activation>()
                .body_example(json!({"token": "lxOrVQHBRLLr4PKRxVmu1G2QBLrlySbsyKd3oFUcVHs"}))
                .responds_json::<User>(200)
                .tagged(),
            activate,
        )
        .post(
            "/v1/users/activation-mail",
            Permission::AccountsRegister,
            operation("mail_activation", "Mail another activation token")
                .describe("The answer is the same, in the same time, whether or not the address has an account to activate.")
                .body::<Recipient>()
                .body_example(json!({"email": "ada@example.com"}))
                .responds_json::<Accepted>(202),
            mail_activation,
        )
        .post(
            "/v1/users/password-reset-mail",
            Permission::AccountsRecover,
            operation("mail_password_reset", "Mail a token that resets a password")
                .describe("The answer is the same, in the same time, whether or not the address has an account.")
                .body::<Recipient>()
                .body_example(json!({"email": "ada@example.com"}))
                .responds_json::<Accepted>(202),
            mail_password_reset,
        )
        .post(
            "/v1/users/password-reset",
            Permission::AccountsRecover,
            operation("reset_password", "Reset a forgotten password")
                .describe(
                    "With the token that was mailed, which works once. Ends every session: access tokens work nowhere within \
                     10 seconds, refresh tokens at once.",
                )
                .body::<NewPassword>()
                .body_example(json!({
                    "token": "lxOrVQHBRLLr4PKRxVmu1G2QBLrlySbsyKd3oFUcVHs", "password": "eight analytical engines",
                }))
                .responds_empty(204),
            reset_password,
        )
}

/// What changes an account.
fn changes(table: Routes) -> Routes {
    table
        .patch(
            "/v1/users/{id}",
            Permission::UsersWrite,
            operation("update_user", "Change an account")
                .describe(
                    "One's own, or any as an admin. `enabled` is for admins, and 403 for everyone else; without it, sign-in, \
                     tokens and sessions end within 10 seconds. At least one admin who can sign in always remains. An update \
                     that changes nothing keeps the version. Another address takes effect at once, and the one before is \
                     told; it can be changed a few times an hour (429).",
                )
                .if_match(Need::Required)
                .merge_patch::<UpdateUser>()
                .body_example(json!({"name": "Ada King"}))
                .responds_json::<User>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            update,
        )
        .post(
            "/v1/users/{id}/password",
            Permission::UsersPassword,
            operation("change_password", "Change a password")
                .describe(
                    "Of one's own account, or of any as an admin. `current_password` is the caller's own, whosever account it \
                     is. Ends the account's sessions, all but the one that asks: access tokens work nowhere within 10 \
                     seconds, refresh tokens at once.",
                )
                .body::<PasswordChange>()
                .body_example(json!({
                    "current_password": "seven analytical engines", "password": "eight analytical engines",
                }))
                .responds_empty(204)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            change_password,
        )
        .delete(
            "/v1/users/{id}",
            Permission::UsersDelete,
            operation("delete_user", "Delete an account")
                .describe(
                    "One's own, or any as an admin, for good. Sign-in, tokens and sessions end within 10 seconds. At least \
                     one admin who can sign in always remains.",
                )
                .if_match(Need::Optional)
                .responds_empty(204)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            delete,
        )
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
}

fn readings(table: Routes) -> Routes {
    table
        .get(
            "/v1/users",
            Permission::UsersQuery,
            operation("query_users", "List users").query::<UserQuery>().responds_json::<Collection<User>>(200).paged(),
            query,
        )
        .get(
            "/v1/users/me",
            Permission::UsersRead,
            operation("query_me", "Read one's own account")
                .responds_json::<User>(200)
                .link("update_user", "id", "$response.body#/id")
                .link("change_password", "id", "$response.body#/id")
                .link("delete_user", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::NotFound),
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
        .get(
            "/v1/users/{id}/payee",
            Permission::PayeesRead,
            operation("query_payee", "Ask whom an id would pay")
                .describe(
                    "For everyone who is signed in and has the id: the name, to be shown before money is sent. An account \
                     that could not be paid, as it is disabled or not activated, is not found.",
                )
                .responds_json::<Payee>(200)
                .refuses(Code::NotFound),
            query_payee,
        )
}
