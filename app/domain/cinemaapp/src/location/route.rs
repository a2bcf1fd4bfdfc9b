//! The table of routes of locations.

use auth::Permission;
use cinemabus::places::Business;
use mux::{Routes, operation};
use serde_json::json;

use crate::location::model::{Locations, LocationsQuery, LocationsSearch};
use crate::location::{App, autocomplete, search};

/// The routes of the places that are kept in `db`.
pub fn locations(db: sqldb::Db) -> Routes {
    Routes::new("locations", "The cities and towns of the world, from GeoNames (CC BY 4.0).")
        .get(
            "/v1/locations/autocomplete",
            Permission::LocationsRead,
            operation("autocomplete_locations", "Complete the name of a location")
                .describe(
                    "The better match comes first, then the larger location; with a `lat` and a `lon` also the nearer: by \
                     its people over its distance, from 50 km on.",
                )
                .query::<LocationsQuery>()
                .responds_json::<Locations>(200),
            autocomplete,
        )
        .post(
            "/v1/locations/search",
            Permission::LocationsRead,
            operation("search_locations", "Search locations")
                .describe(
                    "By name, by the distance from a point, or by both; it changes nothing. With a `text` the better match \
                     comes first, without one the nearer location.",
                )
                .body_or_form::<LocationsSearch>()
                .body_example(json!({"latitude": 47.3769, "longitude": 8.5417, "radius": 20_000, "country": "CH"}))
                .responds_json::<Locations>(200),
            search,
        )
        .data(App { places: Business::new(db) })
}
