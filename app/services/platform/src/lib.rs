//! Every service of the product in one process.

mod first_steps;

use assembly::{Resources, Service, account_jobs};
use jobs::Runner;
use mux::{About, Routes};
use seeding::Seed;
use service::Tasks;

/// The service.
pub const SERVICE: Service = Service {
    name: "platform",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Every service of Marquee in one process",
    about,
    speaks_for: None,
    tables,
    work,
    jobs,
    seeds: SEEDS,
    mails: true,
    cards: true,
    media: true,
    live: Some(liveapp::ENTITIES),
    entry: "/v1/movies?q=godfather",
    first_steps: first_steps::text,
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
        title: "Marquee".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "A film catalogue and shop: the living example of the Marquee service kit.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Every table of routes, in the order of the documentation.
pub fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, db, authenticator, users, cards, payees, readiness, feed, .. } = resources.clone();
    let (brakes, payments) = (resources.brakes(), payments(resources));
    vec![
        movieapp::routes(db.clone()),
        cinemaapp::routes(db.clone()),
        cinemaapp::locations(db.clone()),
        mediaapp::routes(db.clone(), media(resources), (&settings).into()),
        orderapp::routes(db.clone(), payments.clone()),
        paymentapp::routes(db.clone(), payments, cards.notices),
        walletapp::routes(db.clone(), payees),
        saleapp::routes(db.clone()),
        liveapp::routes(db.clone(), authenticator.clone(), feed, &settings.web.cors.allowed_origins),
        // `admin new resource` adds tables above this line.
        authapp::routes(db.clone(), authenticator, users.clone(), brakes.clone()),
        userapp::routes(db.clone(), users, brakes),
        auditapp::routes(db),
        checkapp::routes(checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() }),
    ]
}

fn payments(resources: &Resources) -> paymentbus::Business {
    paymentbus::Business::new(resources.db.clone(), resources.cards.provider.clone())
}

/// The posters and trailers of films.
fn media(resources: &Resources) -> mediabus::Business {
    mediabus::Business::new(resources.db.clone(), resources.stores.clone(), resources.settings.media.link_lifetime)
}

/// What does its jobs, beside those of every service.
fn jobs(resources: &Resources, runner: Runner) -> anyhow::Result<Runner> {
    let runner = paymentbus::register(account_jobs(resources, runner)?, &payments(resources))?;
    Ok(media(resources).register(runner)?)
}

/// What it does beside its requests, and beside what every service does.
fn work(_: &Resources, _: &Tasks) -> anyhow::Result<()> {
    Ok(())
}
