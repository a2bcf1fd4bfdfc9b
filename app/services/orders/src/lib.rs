//! Orders, payments, wallets, sales as a service of its own, beside others on the same database with the same keys.

use std::net::SocketAddr;

use assembly::{Resources, Service};
use mux::{About, Routes};
use seeding::Seed;
use service::Tasks;

/// The service.
pub const SERVICE: Service = Service {
    name: "orders",
    version: env!("CARGO_PKG_VERSION"),
    summary: "The orders of Marquee, their payments, wallets, sales",
    about,
    speaks_for: None,
    tables,
    work,
    jobs: |resources, runner| Ok(paymentbus::register(runner, &payments(resources))?),
    seeds: SEEDS,
    mails: false,
    cards: true,
    media: false,
    live: None,
    entry: "/openapi.json",
    first_steps,
};

/// What a development machine starts with, beside users and films.
const SEEDS: &[Seed] = &[
    // `admin new resource` adds seeds above this line.
];

/// What the program says of itself.
pub fn about() -> About {
    About {
        title: "Marquee orders".to_owned(),
        version: SERVICE.version.to_owned(),
        description: "The orders of Marquee, their payments, wallets, sales.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Its tables of routes, in the order of the documentation.
pub fn tables(resources: &Resources) -> Vec<Routes> {
    let Resources { settings, db, cards, payees, readiness, .. } = resources.clone();
    let payments = payments(resources);
    vec![
        orderapp::routes(db.clone(), payments.clone()),
        paymentapp::routes(db.clone(), payments, cards.notices),
        walletapp::routes(db.clone(), payees),
        saleapp::routes(db.clone()),
        // `admin new resource` adds tables above this line.
        checkapp::routes(checkapp::App { readiness, version: SERVICE.version, environment: settings.env.as_str() }),
    ]
}

fn payments(resources: &Resources) -> paymentbus::Business {
    paymentbus::Business::new(resources.db.clone(), resources.cards.provider.clone())
}

/// What it does beside its requests, and beside what every service does.
fn work(_: &Resources, _: &Tasks) -> anyhow::Result<()> {
    Ok(())
}

/// What to try first on a developer's machine: a command that lists one's orders.
fn first_steps(public: SocketAddr) -> String {
    format!(
        "  see your orders, with a token of `accounts`, or of `platform`, on the same database with the same keys:\n\
         \x20   curl http://{public}/v1/orders -H \"Authorization: Bearer $TOKEN\"\n"
    )
}
