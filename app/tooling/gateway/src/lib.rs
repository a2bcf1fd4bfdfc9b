//! The routes of the services as a configuration of nginx.
//!
//! Which service a path belongs to is read from the documents that the services serve, so that a new route has its place at
//! the gateway as soon as it has one in a table. What can be written by hand is in `zarf/gateway`, beside what comes from here.

mod location;
mod problems;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::location::{Kind, Location, root};

pub use crate::problems::problems;

/// Where the locations are.
pub const ROUTES: &str = "zarf/gateway/routes.conf";

/// Where the answers of the gateway itself are.
pub const PROBLEMS: &str = "zarf/gateway/problems.conf";

/// A service behind the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// Its name, which is that of its upstream.
    pub name: &'a str,
    /// Its OpenAPI document.
    pub document: &'a Value,
}

/// A path, the service that has it, and what passes there.
type Owned<'a> = (&'a str, (&'a str, Kind));

/// Why there is no configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A path belongs to more than one service, and not to all of them: a gateway could only guess.
    #[error("{path} is served by {}: one service alone has a path", .services.join(", "))]
    Shared {
        /// The path.
        path: String,
        /// Who serves it.
        services: Vec<String>,
    },
}

/// The locations, one for each part of the paths that belongs to one service.
///
/// # Errors
/// Two services serve the same path.
pub fn routes(services: &[Service<'_>]) -> Result<String, Error> {
    let mut text = String::from(
        "# Made by `admin check --accept` from the tables of routes: which service has which path.\n\
         # What is at none of them is the gateway's own 404.\n",
    );
    let owned = owned(services)?;
    let mut roots: BTreeMap<&str, Vec<Owned<'_>>> = BTreeMap::new();
    for (path, owner) in &owned {
        roots.entry(root(path)).or_default().push((path, *owner));
    }
    for (root, paths) in roots {
        text.push('\n');
        for location in locations(root, &paths) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{location}");
        }
    }
    Ok(text)
}

/// Every path but those that all services have, with its service and what passes there.
fn owned<'a>(services: &[Service<'a>]) -> Result<BTreeMap<&'a str, (&'a str, Kind)>, Error> {
    let mut owners: BTreeMap<&str, Vec<(&str, Kind)>> = BTreeMap::new();
    for service in services {
        for (path, item) in service.document["paths"].as_object().into_iter().flatten() {
            owners.entry(path).or_default().push((service.name, Kind::of(item)));
        }
    }
    let mut owned = BTreeMap::new();
    for (path, found) in owners {
        match found.as_slice() {
            [one] => {
                owned.insert(path, *one);
            }
            // Health: each process speaks for itself.
            all if all.len() == services.len() => {}
            some => {
                let services = some.iter().map(|(name, _)| (*name).to_owned()).collect();
                return Err(Error::Shared { path: path.to_owned(), services });
            }
        }
    }
    Ok(owned)
}

/// The locations of the paths that begin alike: two where all of them belong to one service, and one more for each path where
/// something else passes than requests and answers.
fn locations<'a>(root: &'a str, paths: &[Owned<'a>]) -> Vec<Location<'a>> {
    let services: BTreeSet<&str> = paths.iter().map(|(_, (service, _))| *service).collect();
    let (mut exact, mut patterns) = (Vec::new(), Vec::new());
    let mut own = |path: &'a str, service: &'a str, kind: Kind| {
        if path.contains('{') {
            patterns.push(Location::pattern(path, service, kind));
        } else {
            exact.push(Location::exact(path, service, kind));
        }
    };
    let shares = services.len() > 1;
    for (path, (service, kind)) in paths {
        if shares || *kind != Kind::Request {
            own(path, service, *kind);
        }
    }
    if let (Some(service), false) = (services.first(), shares) {
        if !exact.iter().any(|location| location.is_of(root)) {
            exact.insert(0, Location::exact(root, service, Kind::Request));
        }
        if paths.iter().any(|(path, _)| *path != root) {
            exact.push(Location::below(root, service));
        }
    }
    // nginx takes the first pattern that fits: what is named goes before what may be anything.
    patterns.sort_by_key(Location::order);
    exact.extend(patterns);
    exact
}
