//! The routes of health. They are exempt: no credentials, no limit, no overload turns an orchestrator away.

use apierror::Code;
use mux::{Access, Routes, operation};
use service::Readiness;

use crate::model::{Health, State};
use crate::{healthcheck, livez, readyz};

/// What the routes need.
#[derive(Clone, Debug)]
pub struct App {
    /// What readiness is asked.
    pub readiness: Readiness,
    /// The program's version.
    pub version: &'static str,
    /// Where it runs.
    pub environment: &'static str,
}

/// The routes.
pub fn routes(app: App) -> Routes {
    let live = operation("livez", "Whether the process runs").responds_json::<State>(200);
    let ready = operation("readyz", "Whether the process should be sent requests")
        .describe(
            "Not while it starts, lacks migrations or its database, or is about to stop. Answers within a second.",
        )
        .responds_json::<State>(200)
        .refuses(Code::Unavailable);
    let health = operation("healthcheck", "What runs and how it is").responds_json::<Health>(200);
    Routes::new("health", "Liveness, readiness, version")
        .get("/livez", Access::Exempt, live, livez)
        .get("/readyz", Access::Exempt, ready, readyz)
        .get("/healthcheck", Access::Exempt, health, healthcheck)
        .data(app)
}
