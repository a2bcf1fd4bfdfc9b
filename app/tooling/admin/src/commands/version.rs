//! `admin version`.

use serde_json::json;

use crate::output::Reply;

pub(super) fn run() -> Reply {
    let (version, schema) = (env!("CARGO_PKG_VERSION"), migrate::fingerprint());
    // The schema tells two builds of one version apart where it matters: at the database.
    Reply::lines(json!({ "version": version, "schema": schema }), format!("admin {version} (schema {schema})"))
}
