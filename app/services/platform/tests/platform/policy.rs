//! The policy, executed: every kind of caller asks for every route, with every kind of target.
//!
//! What has to come follows from the typed table alone (`auth::policy`) by the rules in [`matrix::expected`]. Which permission
//! a route is meant to have is said a second time, in `lines`: a route that asks for less than it is meant to is a red cell.

pub(crate) mod ground;
pub(crate) mod lines;
pub(crate) mod matrix;
mod planted;

use std::collections::BTreeSet;

use mux::Routes;

use crate::policy::ground::Ground;
use crate::policy::lines::lines;
use crate::policy::matrix::{red_cells, shown};

#[test]
fn every_cell_of_the_policy_is_what_is_served() {
    apitest::run(async {
        let ground = Ground::serve(platform::tables).await;
        let red = red_cells(&ground, &lines()).await;
        assert!(red.is_empty(), "{} cells are red:\n{}", red.len(), shown(&red));
    });
}

/// A route that nobody asks is a route that nobody guards.
#[test]
fn every_route_has_its_line() {
    apitest::run(async {
        let resources = Ground::serve(platform::tables).await.resources;
        let (tables, lines) = (platform::tables(&resources), lines());
        let served: BTreeSet<_> = tables.iter().flat_map(Routes::iter).map(|route| route.operation().id()).collect();
        for route in tables.iter().flat_map(Routes::iter) {
            let id = route.operation().id();
            let Some(line) = lines.iter().find(|line| line.operation == id) else {
                panic!(
                    "{} {} ({id}) has no line in tests/platform/policy/lines: add one that says who is meant to have \
                     it, whose its targets are, and how to ask for it so that whoever may gets a 2xx",
                    route.method(),
                    route.path(),
                );
            };
            assert_eq!(route.access(), line.access, "{id}: its line says otherwise than its route.rs");
        }
        for line in lines {
            assert!(served.contains(line.operation), "{} is served no longer: take its line out", line.operation);
        }
    });
}
