//! Which service serves which path, from the tables that they serve from.

use std::path::Path;
use std::sync::Arc;

use assembly::Resources;
use mux::Routes;

use crate::Error;

/// A path, and the service that serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// The service.
    pub service: &'static str,
    /// The path, as `/v1/movies/{id}`.
    pub path: String,
}

/// What each service serves that no other one does: health and documentation are everybody's.
///
/// # Errors
/// The tables cannot be made.
pub fn served() -> Result<Vec<Served>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Routes(error.to_string()))?;
    let _entered = runtime.enter();
    let resources = unasked(runtime.handle())?;
    let tables = [
        ("accounts", accounts::tables(&resources)),
        ("catalog", catalog::tables(&resources)),
        ("orders", orders::tables(&resources)),
    ];
    let mut served: Vec<Served> = tables
        .iter()
        .flat_map(|(service, tables)| {
            let routes = tables.iter().flat_map(Routes::iter);
            routes.map(|route| Served { service, path: route.path().to_owned() })
        })
        .filter(|served| served.path.starts_with("/v1/") || served.path.starts_with("/.well-known/"))
        .collect();
    served.sort();
    served.dedup();
    Ok(served)
}

/// What services work with, over a database that nobody asks: tables are looked at, not served.
fn unasked(runtime: &tokio::runtime::Handle) -> Result<Resources, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Routes(error.to_string());
    let nobody = sqldb::Settings { min_connections: 0, ..sqldb::Settings::default() };
    let db = sqldb::Db::open("postgres://localhost/unasked", nobody).map_err(|error| failed(&error))?;
    let users = userbus::Business::new(db.clone());
    let settings = settings::load(&settings::Sources::default()).map_err(|error| failed(&error))?.settings;
    let tokens = auth::Settings { issuer: String::new(), audience: String::new(), access_ttl: Default::default() };
    // A folder that is not there has no keys.
    let keys = keystore::KeyStore::open(Path::new("/nonexistent")).map_err(|error| failed(&error))?;
    Ok(Resources {
        settings,
        authenticator: auth::Authenticator::new(keys, tokens, users.clone(), &db),
        db,
        cards: assembly::Cards::default(),
        payees: Arc::new(peers::Local::new(users.clone())),
        users,
        readiness: service::Readiness::starting(),
        stores: stores::Stores::none(runtime.clone()),
    })
}
