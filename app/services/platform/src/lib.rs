//! Every service of the product in one process.

mod background;
mod build;
mod development;

use mux::{About, Routes};

pub use crate::build::build;

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the routes work with.
#[derive(Clone)]
pub struct Domains {
    /// The database.
    pub db: sqldb::Db,
    /// Who signs and recognises access tokens.
    pub authenticator: auth::Authenticator,
    /// The users.
    pub users: userbus::Business,
    /// Whether this process should be sent requests.
    pub readiness: service::Readiness,
    /// Where the program runs.
    pub environment: &'static str,
}

/// What the program says of itself.
pub fn about() -> About {
    About {
        title: "Marquee".to_owned(),
        version: VERSION.to_owned(),
        description: "A film catalogue and shop: the living example of the Marquee service kit.".to_owned(),
        contact: ("Marquee".to_owned(), "https://example.com/marquee".to_owned()),
    }
}

/// Every table of routes, in the order of the documentation.
pub fn tables(domains: &Domains) -> Vec<Routes> {
    let Domains { db, authenticator, users, readiness, environment } = domains.clone();
    vec![
        movieapp::routes(db),
        authapp::routes(authenticator, users.clone()),
        userapp::routes(users),
        checkapp::routes(checkapp::App { readiness, version: VERSION, environment }),
    ]
}
