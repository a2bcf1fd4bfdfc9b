//! Users over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod accounts;
mod list;
mod policy;
mod roles;

use apitest::Api;
use serde_json::Value;
use types::Role;
use userbus::Business;

/// Two users of each role, called "A Tester", with addresses such as `editor-0@example.com`.
async fn start(instances: usize) -> Api {
    Api::start(instances, |db| userapp::routes(Business::new(db))).await
}

/// The account of the first user of this role.
async fn account(api: &Api, role: Role) -> Value {
    api.get("/v1/users/me").by(role).send().await.expect(200).json()
}
