//! Which service serves which path, from the tables that they serve from.

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
    let resources = assembly::unasked().map_err(|error| Error::Routes(format!("{error:#}")))?;
    let tables = [
        ("accounts", accounts::tables(&resources)),
        ("catalog", catalog::tables(&resources)),
        ("orders", orders::tables(&resources)),
        ("live", live::tables(&resources)),
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
