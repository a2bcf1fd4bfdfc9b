//! The table of routes of films.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::MovieQuery;
use crate::model::{Movie, NewMovie, UpdateMovie};
use crate::{App, create, delete, query, query_by_id, update};

/// The routes of films that are kept in `db`.
pub fn routes(db: sqldb::Db) -> Routes {
    Routes::new("movies", "The films of the catalogue.")
        .post(
            "/v1/movies",
            Permission::MoviesWrite,
            operation("create_movie", "Add a film")
                .describe("A film is in the catalogue once: title, year and director tell films apart, accents and case aside.")
                .idempotent(Need::Optional)
                .body::<NewMovie>()
                .body_example(json!({
                    "title": "Alien", "year": 1979, "runtime_minutes": 117, "genres": ["Horror", "Science Fiction"],
                    "director": "Ridley Scott", "rating": "R", "price": {"amount": 999, "currency": "USD"}, "stock": 7,
                }))
                .responds_json::<Movie>(201)
                .located()
                .link("query_movie_by_id", "id", "$response.body#/id")
                .link("update_movie", "id", "$response.body#/id")
                .link("delete_movie", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::Conflict),
            create,
        )
        .patch(
            "/v1/movies/{id}",
            Permission::MoviesWrite,
            operation("update_movie", "Change a film")
                .describe("An update that changes nothing keeps the version.")
                .if_match(Need::Required)
                .merge_patch::<UpdateMovie>()
                .body_example(json!({"stock": 6, "director": null, "price": {"amount": 799}}))
                .responds_json::<Movie>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            update,
        )
        .delete(
            "/v1/movies/{id}",
            Permission::MoviesWrite,
            operation("delete_movie", "Remove a film")
                .if_match(Need::Optional)
                .responds_empty(204)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            delete,
        )
        .get(
            "/v1/movies",
            Permission::MoviesRead,
            operation("query_movies", "List films")
                .describe(
                    "Sorted by title, or by relevance when there is a `q` and no `sort`. By relevance the list has at most \
                     4000 films; in another order it has all.",
                )
                .query::<MovieQuery>()
                .responds_json::<Collection<Movie>>(200)
                .paged(),
            query,
        )
        .get(
            "/v1/movies/{id}",
            Permission::MoviesRead,
            operation("query_movie_by_id", "Read one film").responds_json::<Movie>(200).tagged().refuses(Code::NotFound),
            query_by_id,
        )
        .data(App { movies: moviebus::Business::new(db.clone()), db })
}
