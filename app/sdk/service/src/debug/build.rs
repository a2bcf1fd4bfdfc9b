//! Which build this is.

use serde_json::{Value, json};

/// The commit, where whoever builds says it.
const REVISION: Option<&str> = option_env!("MARQUEE_REVISION");

/// What is known of the program.
pub(crate) fn info(name: &str, version: &str, environment: &str) -> Value {
    let features = [("jemalloc", profiling::ALLOCATOR == "jemalloc"), ("tokio_unstable", cfg!(tokio_unstable))];
    let features: Vec<&str> = features.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect();
    json!({
        "name": name,
        "version": version,
        "environment": environment,
        "revision": REVISION.filter(|revision| !revision.is_empty()),
        "rustc": env!("MARQUEE_RUSTC"),
        "profile": env!("MARQUEE_PROFILE"),
        "features": features,
        "allocator": profiling::ALLOCATOR,
    })
}
