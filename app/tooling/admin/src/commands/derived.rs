//! The files that are made from the tables of routes: `admin check` compares them, `admin check --accept` writes them.

use drift::{Derived, Service};

use super::routes::tables;
use crate::exit::{Exit, Failure};

/// The page of the policy, as the service serves it that speaks for all.
const POLICY: &str = "zarf/openapi/policy.html";

/// Every such file, as the first of `services`, which does everything, and the others, which are its parts, make it.
pub(super) fn derived(services: &[Service]) -> Result<Vec<Derived>, Failure> {
    let failure = |error: &(dyn std::error::Error + 'static)| Failure::of(Exit::Failed, error);
    let parts: Vec<gateway::Service<'_>> = services
        .iter()
        .skip(1)
        .map(|service| gateway::Service { name: service.name, document: &service.document })
        .collect();
    let file = |path: &str, text| Derived { path: path.to_owned(), text };
    let mut files = vec![
        file(gateway::ROUTES, gateway::routes(&parts).map_err(|error| failure(&error))?),
        file(gateway::PROBLEMS, gateway::problems()),
        file(POLICY, mux::policy_page(&platform::about(), &tables()?)),
    ];
    for (path, text) in services.first().map(|whole| watch::files(&whole.document)).unwrap_or_default() {
        files.push(Derived { path, text });
    }
    Ok(files)
}
