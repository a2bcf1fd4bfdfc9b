//! The live feed as a service of its own, beside others on the same database with the same keys.

use std::net::SocketAddr;

use assembly::{Resources, Service};
use mux::{About, Routes};
use seeding::Seed;
use service::Tasks;

/// The service.
pub const SERVICE: Service = Service {
    name: "live",
    version: env!("CARGO_PKG_VERSION"),
    summary: "The live feed of Marquee: events over WebSockets and event streams",
    about,
    speaks_for: None,
    tables,
    work,
    jobs: |_, runner| Ok(runner),
    seeds: SEEDS,
    mails: false,
    cards: false,
    media: false,
    live: Some(liveapp::ENTITIES),
    entry: "/v1/events?topic=movies&seconds=0",
    first_steps,
};

/// What a development machine starts with, beside users and films.
const SEEDS: &[Seed] = &[];

/// What the program says of itself.
pub fn about() -> About {
    About {
        title: "Marquee live".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "What happens at Marquee, as it happens.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Its tables of routes, in the order of the documentation.
pub fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, db, authenticator, feed, readiness, .. } = resources.clone();
    vec![
        liveapp::routes(db, authenticator, feed, &settings.web.cors.allowed_origins),
        checkapp::routes(checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() }),
    ]
}

/// What it does beside its requests, and beside what every service does.
fn work(_: &Resources, _: &Tasks) -> anyhow::Result<()> {
    Ok(())
}

/// What to try first on a developer's machine: a command that shows what happens.
fn first_steps(public: SocketAddr) -> String {
    format!(
        "  see films change, while somebody changes them:\n\
         \x20   curl -N 'http://{public}/v1/events?topic=movies'\n\
         \n  its tokens are those of `accounts`, or of `platform`, on the same database with the same keys\n"
    )
}
