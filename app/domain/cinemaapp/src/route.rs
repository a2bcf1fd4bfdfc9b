//! The table of routes of cinemas.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::CinemaQuery;
use crate::model::{Cinema, NewCinema, UpdateCinema};
use crate::{App, create, delete, query, query_by_id, update};

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
