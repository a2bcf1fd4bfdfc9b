//! Films: they belong to nobody.

use auth::Permission;
use futures_util::FutureExt as _;
use serde_json::json;
use types::Role;
use uuid::Uuid;

use super::get;
use crate::policy::matrix::{Cell, Line, NOBODYS, NOTHING, Target, needs};
use crate::shop::film;

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "create_movie",
        access: needs(Permission::MoviesWrite),
        targets: NOTHING,
        ask: |cell| async { cell.ground.api.post("/v1/movies").json(&film(&unheard_of())) }.boxed_local(),
    },
    Line {
        operation: "update_movie",
        access: needs(Permission::MoviesWrite),
        targets: NOBODYS,
        ask: |cell| {
            async { cell.ground.api.patch(movie(cell).await).if_match("\"1\"").merge(&json!({ "stock": 5 })) }
                .boxed_local()
        },
    },
    Line {
        operation: "delete_movie",
        access: needs(Permission::MoviesWrite),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.delete(movie(cell).await) }.boxed_local(),
    },
    Line {
        operation: "query_movies",
        access: needs(Permission::MoviesRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/movies").boxed_local(),
    },
    Line {
        operation: "query_movie_by_id",
        access: needs(Permission::MoviesRead),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.get(movie(cell).await) }.boxed_local(),
    },
];

/// The path of a film that is there, or is not.
async fn movie(cell: &Cell<'_>) -> String {
    if cell.target == Target::Missing {
        return format!("/v1/movies/{}", Uuid::now_v7());
    }
    let added = cell.ground.api.post("/v1/movies").by(Role::Editor).json(&film(&unheard_of())).send().await;
    added.expect(201).header("location").to_owned()
}

/// A title that no film has yet.
fn unheard_of() -> String {
    Uuid::now_v7().to_string()
}
