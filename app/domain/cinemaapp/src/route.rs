//! The tables of routes of cinemas and of locations.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::CinemaQuery;
use crate::location::model::{Locations, LocationsQuery, LocationsSearch};
use crate::location::{autocomplete, search};
use crate::model::{Cinema, NewCinema, UpdateCinema};
use crate::{App, create, delete, location, query, query_by_id, update};

/// The routes of cinemas that are kept in `db`.
pub fn routes(db: sqldb::Db) -> Routes {
    Routes::new("cinemas", "The cinemas that show films.")
        .post(
            "/v1/cinemas",
            Permission::CinemasWrite,
            operation("create_cinema", "Add a cinema")
                .describe("Its place has to be there: `GET /v1/locations/autocomplete` finds it.")
                .idempotent(Need::Optional)
                .body::<NewCinema>()
                .body_example(json!({
                    "name": "Riffraff", "address": "Neugasse 57", "place": 2_657_896, "latitude": 47.3825,
                    "longitude": 8.5285, "screens": 4,
                }))
                .responds_json::<Cinema>(201)
                .located()
                .link("query_cinema_by_id", "id", "$response.body#/id")
                .link("update_cinema", "id", "$response.body#/id")
                .link("delete_cinema", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::Conflict),
            create,
        )
        .patch(
            "/v1/cinemas/{id}",
            Permission::CinemasWrite,
            operation("update_cinema", "Change a cinema")
                .describe("An update that changes nothing keeps the version.")
                .if_match(Need::Required)
                .merge_patch::<UpdateCinema>()
                .body_example(json!({"screens": 5}))
                .responds_json::<Cinema>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            update,
        )
        .delete(
            "/v1/cinemas/{id}",
            Permission::CinemasWrite,
            operation("delete_cinema", "Remove a cinema")
                .if_match(Need::Optional)
                .responds_empty(204)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            delete,
        )
        .get(
            "/v1/cinemas",
            Permission::CinemasRead,
            operation("query_cinemas", "List cinemas")
                .describe("The newest come first, unless a `sort` says otherwise.")
                .query::<CinemaQuery>()
                .responds_json::<Collection<Cinema>>(200)
                .paged(),
            query,
        )
        .get(
            "/v1/cinemas/{id}",
            Permission::CinemasRead,
            operation("query_cinema_by_id", "Read one cinema")
                .responds_json::<Cinema>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_by_id,
        )
        .data(App { cinemas: cinemabus::Business::new(db.clone()), db })
}

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
        .data(location::App { places: cinemabus::places::Business::new(db) })
}
