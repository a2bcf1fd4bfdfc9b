//! Films, cinemas, places, media as a service of their own, beside others on the same database with the same keys.

use std::net::SocketAddr;

use assembly::{Resources, Service};
use mux::{About, Routes};
use seeding::Seed;
use service::Tasks;

/// The service.
pub const SERVICE: Service = Service {
    name: "catalog",
    version: env!("CARGO_PKG_VERSION"),
    summary: "The catalogue of Marquee: films, cinemas, places, media",
    about,
    speaks_for: None,
    tables,
    work,
    jobs: |resources, runner| Ok(media(resources).register(runner)?),
    seeds: SEEDS,
    mails: false,
    cards: false,
    media: true,
    live: None,
    entry: "/v1/movies?q=godfather",
    first_steps,
};

/// What a development machine starts with, beside users and films.
const SEEDS: &[Seed] = &[
    // Cinemas are in places.
    seeding::PLACES,
    cinemaapp::SEED,
    // `admin new resource` adds seeds above this line.
];

/// What the program says of itself.
pub fn about() -> About {
    About {
        title: "Marquee catalogue".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "Films, cinemas, places of Marquee.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Its tables of routes, in the order of the documentation.
pub fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, db, readiness, .. } = resources.clone();
    vec![
        movieapp::routes(db.clone()),
        cinemaapp::routes(db.clone()),
        cinemaapp::locations(db.clone()),
        mediaapp::routes(db.clone(), media(resources), (&settings).into()),
        // `admin new resource` adds tables above this line.
        checkapp::routes(checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() }),
    ]
}

/// The posters and trailers of films.
fn media(resources: &Resources) -> mediabus::Business {
    mediabus::Business::new(resources.db.clone(), resources.stores.clone(), resources.settings.media.link_lifetime)
}

/// What it does beside its requests, and beside what every service does.
fn work(_: &Resources, _: &Tasks) -> anyhow::Result<()> {
    Ok(())
}

/// What to try first on a developer's machine: a place while it is typed.
fn first_steps(public: SocketAddr) -> String {
    format!(
        "  find a place:\n\
         \x20   curl 'http://{public}/v1/locations/autocomplete?q=zuri'\n\
         \n  its tokens are those of `accounts`, or of `platform`, on the same database with the same keys\n"
    )
}
