//! What the general rules need to know about cinemas.

use apitest::{Filter, Resource, Sort};
use serde_json::{Value, json};
use types::Role;

pub(crate) const RESOURCE: Resource = Resource {
    routes: cinemaapp::routes,
    path: "/v1/cinemas",
    ground: include_str!("../../../../../business/domain/cinemabus/tests/places.sql"),
    public: true,
    writer: Role::Editor,
    reader: Role::Customer,
    body,
    required: &["name", "address", "place", "latitude", "longitude", "screens"],
    nullable: &[],
    text: ("address", 300),
    vary: |number| json!({ "name": format!("v{number}") }),
    invalid,
    patches: || {
        vec![
            json!({"name": "Changed name" }),
            json!({"address": "Changed address" }),
            json!({"place": 9 }),
            json!({"latitude": 9.5 }),
            json!({"longitude": -9.5 }),
            json!({"screens": 1 }),
        ]
    },
    sorts: &[
        Sort { name: "name", pointer: "/name" },
        Sort { name: "screens", pointer: "/screens" },
        Sort { name: "created_at", pointer: "/created_at" },
    ],
    filters: &[
        Filter {
            query: "q=number%201",
            selects: |cinema| cinema["name"].as_str().is_some_and(|text| text.starts_with("number 1")),
        },
        Filter { query: "place=3", selects: |cinema| cinema["place"] == 3 },
        Filter { query: "latitude_from=2.5", selects: |cinema| cinema["latitude"].as_f64().unwrap() >= 2.5 },
        Filter { query: "latitude_to=2.5", selects: |cinema| cinema["latitude"].as_f64().unwrap() <= 2.5 },
        Filter { query: "longitude_from=2.5", selects: |cinema| cinema["longitude"].as_f64().unwrap() >= 2.5 },
        Filter { query: "longitude_to=2.5", selects: |cinema| cinema["longitude"].as_f64().unwrap() <= 2.5 },
        Filter {
            query: "screens_from=3",
            selects: |cinema| cinema["screens"].as_i64().is_some_and(|value| value >= 3),
        },
        Filter { query: "screens_to=3", selects: |cinema| cinema["screens"].as_i64().is_some_and(|value| value <= 3) },
    ],
    invalid_queries: &[
        ("place=x", "place"),
        ("place=0", "place"),
        ("latitude_from=x", "latitude_from"),
        ("latitude_to=90.5", "latitude_to"),
        ("longitude_from=x", "longitude_from"),
        ("longitude_to=1e9", "longitude_to"),
        ("screens_from=x", "screens_from"),
        ("screens_to=1.5", "screens_to"),
        ("sort=surplus", "sort"),
    ],
};

/// Values repeat, so that lists have ties.
fn body(number: usize) -> Value {
    json!({
        "name": format!("number {}", number % 4),
        "address": format!("number {}", number % 4),
        "place": 1 + number % 5,
        "latitude": number as f64 % 5.0 + 0.5,
        "longitude": number as f64 % 5.0 + 0.5,
        "screens": 1 + number % 5,
    })
}

fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("/name", json!("")),
        ("/name", json!(" \u{a0}")),
        ("/name", json!("x".repeat(201))),
        ("/name", json!("a\nb")),
        ("/name", json!(1776)),
        ("/address", json!("")),
        ("/address", json!(" \u{a0}")),
        ("/address", json!("x".repeat(301))),
        ("/address", json!("a\nb")),
        ("/address", json!(1776)),
        ("/place", json!(0_i64)),
        ("/place", json!(2_147_483_648_i64)),
        ("/place", json!("1")),
        ("/place", json!(1.5)),
        ("/latitude", json!("1.5")),
        ("/latitude", json!(90.000_001)),
        ("/latitude", json!(-91)),
        ("/longitude", json!("1.5")),
        ("/longitude", json!(180.5)),
        ("/longitude", json!(1e300)),
        ("/screens", json!(0_i64)),
        ("/screens", json!(101_i64)),
        ("/screens", json!("1")),
        ("/screens", json!(1.5)),
    ]
}
