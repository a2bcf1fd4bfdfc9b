//! The table of routes of sign-in.

use apierror::Code;
use auth::{Authenticator, Permission};
use brakes::Brakes;
use mux::{Access, Collection, Routes, operation};
use serde_json::json;

use crate::filter::SessionQuery;
use crate::model::{JwkSet, Login, Metadata, Refresh, Session, Tokens};
use crate::{App, delete_session, login, logout, query_keys, query_metadata, query_sessions, refresh};

/// The routes by which `users` get the tokens of `authenticator` in sessions that are kept in `db`, and by which others
/// verify them. `brakes` bound how often somebody may guess.
pub fn routes(db: sqldb::Db, authenticator: Authenticator, users: userbus::Business, brakes: Brakes) -> Routes {
    let sessions = sessionbus::Business::new(db.clone());
    let table = Routes::new("auth", "Sign-in, sessions, and what verifies a token.").data(App {
        db,
        authenticator,
        users,
        sessions,
        brakes,
    });
    published(session_routes(token_routes(table)))
}

fn token_routes(table: Routes) -> Routes {
    let pair = json!({
        "access_token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk0In0.c2ln", "token_type": "Bearer", "expires_in": 900,
        "refresh_token": "lxOrVQHBRLLr4PKRxVmu1G2QBLrlySbsyKd3oFUcVHs",
    });
    table
        .post(
            "/v1/auth/login",
            Permission::TokensCreate,
            operation("login", "Sign in")
                .describe(
                    "Begins a session. Send the access token with every other request, as `Authorization: Bearer`, and get \
                     the next pair with the refresh token before it expires. A wrong password, an unknown address and an \
                     account that cannot be used are answered alike, after the same time. An `Idempotency-Key` has no effect: \
                     tokens are not kept. Send no `Authorization`: a bad one is refused here as everywhere.",
                )
                .body::<Login>()
                .body_example(json!({"email": "admin@example.com", "password": "marquee-dev-only"}))
                .responds_json::<Tokens>(201)
                .example(pair.clone()),
            login,
        )
        .post(
            "/v1/auth/refresh",
            Permission::TokensCreate,
            operation("refresh", "Go on with a session")
                .describe(
                    "Spends the refresh token for the next pair. One that was spent before ends its session: somebody has a \
                     copy, and nobody can tell who. A client whose answer got lost signs in again. An `Idempotency-Key` has \
                     no effect: tokens are not kept. Send no `Authorization`: an expired access token is refused here as \
                     everywhere.",
                )
                .body::<Refresh>()
                .body_example(json!({"refresh_token": "lxOrVQHBRLLr4PKRxVmu1G2QBLrlySbsyKd3oFUcVHs"}))
                .responds_json::<Tokens>(201)
                .example(pair),
            refresh,
        )
        .post(
            "/v1/auth/logout",
            Permission::SessionsEnd,
            operation("logout", "Sign out")
                .describe(
                    "Ends the session of the access token. Its tokens work nowhere within 10 seconds, its refresh token at \
                     once. A token that `admin token` made has no session and is refused with 409.",
                )
                .responds_empty(204)
                .refuses(Code::Conflict),
            logout,
        )
}

fn session_routes(table: Routes) -> Routes {
    table
        .get(
            "/v1/auth/sessions",
            Permission::SessionsRead,
            operation("query_sessions", "List one's sessions")
                .describe(
                    "Where one is signed in, the sessions used last first. An address and a program that one does not know \
                     are a reason to end the session and to change the password.",
                )
                .query::<SessionQuery>()
                .responds_json::<Collection<Session>>(200)
                .paged(),
            query_sessions,
        )
        .delete(
            "/v1/auth/sessions/{id}",
            Permission::SessionsEnd,
            operation("delete_session", "End one of one's sessions")
                .describe("Its access tokens work nowhere within 10 seconds, its refresh token at once.")
                .responds_empty(204)
                .refuses(Code::NotFound),
            delete_session,
        )
}

fn published(table: Routes) -> Routes {
    table
        .get(
            "/.well-known/jwks.json",
            Access::Open,
            operation("query_keys", "Read the public keys")
                .describe("The keys that verify access tokens (RFC 7517), the next one to sign included.")
                .responds_json::<JwkSet>(200),
            query_keys,
        )
        .get(
            "/.well-known/oauth-authorization-server",
            Access::Open,
            operation("query_metadata", "Read the authorization server's metadata")
                .describe(
                    "What there is of an authorization server (RFC 8414): who issues tokens, and the keys that verify them. \
                     `POST /v1/auth/login` and `POST /v1/auth/refresh` are no endpoints of OAuth, and so are not in it.",
                )
                .responds_json::<Metadata>(200),
            query_metadata,
        )
}
