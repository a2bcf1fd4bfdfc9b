//! Users, sessions, tokens, keys, audits as a service of their own, beside others on the same database with the same keys.

use std::net::SocketAddr;

use assembly::{Resources, Service, account_jobs};
use mux::{About, Routes, Whole};
use seeding::{PASSWORD, Seed};
use service::Tasks;

/// The service.
pub const SERVICE: Service = Service {
    name: "accounts",
    version: env!("CARGO_PKG_VERSION"),
    summary: "The accounts of Marquee: users, sessions, tokens, keys, audits",
    about,
    speaks_for: Some(PRODUCT),
    tables,
    work,
    jobs: account_jobs,
    seeds: SEEDS,
    mails: true,
    cards: false,
    media: false,
    live: None,
    entry: "/openapi.json",
    first_steps,
};

/// What all services together serve: a gateway leads to this one whoever wants to read of them. `admin check` compares these files
/// with the code.
const PRODUCT: Whole = Whole {
    description: include_str!("../../../../zarf/openapi/platform.json"),
    policy: include_str!("../../../../zarf/openapi/policy.html"),
};

/// What a development machine starts with, beside users and films.
const SEEDS: &[Seed] = &[
    // `admin new resource` adds seeds above this line.
];

/// What the program says of itself.
pub fn about() -> About {
    About {
        title: "Marquee accounts".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "Users, sessions, tokens, keys, audits of Marquee.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Its tables of routes, in the order of the documentation.
pub fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, db, authenticator, users, readiness, .. } = resources.clone();
    let brakes = resources.brakes();
    vec![
        // `admin new resource` adds tables above this line.
        authapp::routes(db.clone(), authenticator, users.clone(), brakes.clone()),
        userapp::routes(db.clone(), users, brakes),
        auditapp::routes(db),
        checkapp::routes(checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() }),
    ]
}

/// What it does beside its requests, and beside what every service does.
fn work(_: &Resources, _: &Tasks) -> anyhow::Result<()> {
    Ok(())
}

/// What to try first on a developer's machine: a command that signs in.
fn first_steps(public: SocketAddr) -> String {
    format!(
        "  sign in:\n\
         \x20   curl http://{public}/v1/auth/login -H 'Content-Type: application/json' \\\n\
         \x20     -d '{{\"email\":\"customer@example.com\",\"password\":\"{PASSWORD}\"}}'\n"
    )
}
