//! The table of routes of sign-in.

use auth::{Authenticator, Permission};
use mux::{Access, Routes, operation};
use serde_json::json;

use crate::model::{AccessToken, JwkSet, Login, Metadata};
use crate::{App, login, query_keys, query_metadata};

/// The routes by which `users` get the tokens of `authenticator`, and by which others verify them.
pub fn routes(authenticator: Authenticator, users: userbus::Business) -> Routes {
    Routes::new("auth", "Sign-in, and what verifies a token.")
        .post(
            "/v1/auth/login",
            Permission::TokensCreate,
            operation("login", "Sign in")
                .describe(
                    "Send the token with every other request, as `Authorization: Bearer`. A wrong password, an unknown \
                     address and an account that cannot be used are answered alike. An `Idempotency-Key` has no effect: \
                     tokens are not kept.",
                )
                .body::<Login>()
                .body_example(json!({"email": "admin@example.com", "password": "marquee-dev-only"}))
                .responds_json::<AccessToken>(201),
            login,
        )
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
                .describe("What there is of an authorization server (RFC 8414).")
                .responds_json::<Metadata>(200),
            query_metadata,
        )
        .data(App { authenticator, users })
}
