//! Cinemas, which belong to nobody, and the places that they are in.

use auth::Permission;
use futures_util::FutureExt as _;
use serde_json::json;
use types::Role;
use uuid::Uuid;

use super::get;
use crate::policy::matrix::{Cell, Line, NOBODYS, NOTHING, Target, needs};

/// What cinemas refer to.
const GROUND: &str = include_str!("../../../../../../../business/domain/cinemabus/tests/places.sql");

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "create_cinema",
        access: needs(Permission::CinemasWrite),
        targets: NOTHING,
        ask: |cell| {
            async {
                cell.ground.api.spoil(GROUND).await;
                cell.ground.api.post("/v1/cinemas").json(&cinema())
            }
            .boxed_local()
        },
    },
    Line {
        operation: "update_cinema",
        access: needs(Permission::CinemasWrite),
        targets: NOBODYS,
        ask: |cell| {
            async {
                let patch = json!({"name": "Another name" });
                cell.ground.api.patch(path(cell).await).if_match("\"1\"").merge(&patch)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "delete_cinema",
        access: needs(Permission::CinemasWrite),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.delete(path(cell).await) }.boxed_local(),
    },
    Line {
        operation: "query_cinemas",
        access: needs(Permission::CinemasRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/cinemas").boxed_local(),
    },
    Line {
        operation: "query_cinema_by_id",
        access: needs(Permission::CinemasRead),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.get(path(cell).await) }.boxed_local(),
    },
    Line {
        operation: "autocomplete_locations",
        access: needs(Permission::LocationsRead),
        targets: NOTHING,
        ask: |cell| get(cell, "/v1/locations/autocomplete?q=ground").boxed_local(),
    },
    Line {
        operation: "search_locations",
        access: needs(Permission::LocationsRead),
        targets: NOTHING,
        ask: |cell| {
            async { cell.ground.api.post("/v1/locations/search").json(&json!({"text": "ground"})) }.boxed_local()
        },
    },
];

/// The path of a cinema that is there, or is not.
async fn path(cell: &Cell<'_>) -> String {
    if cell.target == Target::Missing {
        return format!("/v1/cinemas/{}", Uuid::now_v7());
    }
    cell.ground.api.spoil(GROUND).await;
    let added = cell.ground.api.post("/v1/cinemas").by(Role::Editor).json(&cinema()).send().await;
    added.expect(201).header("location").to_owned()
}

fn cinema() -> serde_json::Value {
    json!({
        "name": "Some name",
        "address": "Some address",
        "place": 2,
        "latitude": 1.5,
        "longitude": 1.5,
        "screens": 2,
    })
}
