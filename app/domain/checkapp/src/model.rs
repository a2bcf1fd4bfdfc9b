//! The JSON of health.

use serde::Serialize;
use service::Unready;
use utoipa::ToSchema;

/// A question of health answered with yes.
#[derive(Serialize, ToSchema)]
pub(crate) struct State {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// A process, what it is and how it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or why the process should not be sent requests.
    #[schema(example = "ok")]
    status: String,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Where it runs.
    #[schema(example = "development")]
    environment: &'static str,
}

impl State {
    pub(crate) fn live() -> Self {
        Self { status: "live" }
    }

    pub(crate) fn ready() -> Self {
        Self { status: "ready" }
    }
}

impl Health {
    pub(crate) fn new(readiness: Result<(), Unready>, version: &'static str, environment: &'static str) -> Self {
        let status = readiness.map_or_else(|unready| unready.to_string(), |()| "ok".to_owned());
        Self { status, version, environment }
    }
}
