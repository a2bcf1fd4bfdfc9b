//! `admin routes` and `admin openapi`: what the platform serves, from the tables that it serves from.

use assembly::Resources;
use mux::{Access, Routes};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

pub(super) fn routes() -> Result<Reply, Failure> {
    let mut table = Table::new(&["method", "path", "permission", "operation", "what it does"], "no routes");
    let mut data: Vec<Value> = Vec::new();
    for route in tables()?.iter().flat_map(Routes::iter) {
        let permission = match route.access() {
            Access::Exempt | Access::Open => None,
            Access::Needs(permission) => Some(permission.as_str()),
        };
        let (method, path, operation) = (route.method().as_str(), route.path(), route.operation());
        table.row([method, path, permission.unwrap_or("-"), operation.id(), operation.summary()]);
        data.push(json!({
            "method": method,
            "path": path,
            "permission": permission,
            "operation": operation.id(),
            "summary": operation.summary(),
        }));
    }
    Ok(Reply::table(data.into(), table))
}

pub(super) fn openapi() -> Result<Reply, Failure> {
    let failure = |error: &(dyn std::error::Error + 'static)| Failure::of(Exit::Failed, error);
    let document = mux::describe(&platform::about(), &tables()?).map_err(|error| failure(&error))?;
    let data: Value = serde_json::from_slice(&document).map_err(|error| failure(&error))?;
    let text = format!("{data:#}\n");
    Ok(Reply::document(data, text))
}

/// The tables, over a database that nobody asks: they are looked at, not served.
pub(super) fn tables() -> Result<Vec<Routes>, Failure> {
    Ok(platform::tables(&unasked()?))
}

/// What services work with, over a database that nobody asks.
pub(super) fn unasked() -> Result<Resources, Failure> {
    assembly::unasked().map_err(|error| Failure::of(Exit::Failed, error.as_ref()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Who may do what, by method and path.
    fn served(tables: &[Routes]) -> Vec<(String, Access)> {
        let routes = tables.iter().flat_map(Routes::iter);
        routes.map(|route| (format!("{} {}", route.method(), route.path()), route.access())).collect()
    }

    #[tokio::test]
    async fn the_services_serve_together_what_the_platform_does_and_only_health_twice() {
        let resources = unasked().unwrap();
        let apart = [
            ("accounts", accounts::tables(&resources)),
            ("catalog", catalog::tables(&resources)),
            ("orders", orders::tables(&resources)),
            ("live", live::tables(&resources)),
        ];
        let mut owners: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for (name, tables) in &apart {
            for (route, access) in served(tables) {
                owners.entry((route, format!("{access:?}"))).or_default().push(name);
            }
        }
        for (route, access) in served(&platform::tables(&resources)) {
            let owners = owners.remove(&(route.clone(), format!("{access:?}"))).unwrap_or_default();
            let expected = if access == Access::Exempt { apart.len() } else { 1 };
            assert_eq!(
                owners.len(),
                expected,
                "{route} ({access:?}) is served by {owners:?}: one service has its table in app/services/*/src/lib.rs"
            );
        }
        assert!(owners.is_empty(), "the platform does not serve these, or not for the same callers: {owners:?}");
    }
}
