//! What the general rules need to know about films.

use apitest::{Filter, Resource, Sort};
use serde_json::{Value, json};
use types::Role;

pub(crate) const RESOURCE: Resource = Resource {
    routes: movieapp::routes,
    path: "/v1/movies",
    ground: "",
    public: true,
    writer: Role::Editor,
    reader: Role::Customer,
    body,
    required: &["title", "year", "price"],
    nullable: &["runtime_minutes", "director", "rating"],
    text: ("title", 500),
    vary: |number| json!({"stock": number}),
    invalid,
    patches: || {
        vec![
            json!({"title": "Another"}),
            json!({"year": 1999, "stock": 0}),
            json!({"runtime_minutes": null}),
            json!({"runtime_minutes": 90, "director": null, "rating": null}),
            json!({"genres": []}),
            json!({"genres": ["Drama", "Crime"], "rating": "NC-17"}),
            json!({"price": {"amount": 1}}),
            json!({"price": {"currency": "EUR"}}),
            json!({"price": {"amount": 2, "currency": "JPY"}}),
        ]
    },
    sorts: &[
        Sort { name: "title", pointer: "/title" },
        Sort { name: "year", pointer: "/year" },
        Sort { name: "runtime", pointer: "/runtime_minutes" },
        Sort { name: "price", pointer: "/price/amount" },
        Sort { name: "created_at", pointer: "/created_at" },
    ],
    filters: &[
        Filter {
            query: "q=third",
            selects: |film| film["title"].as_str().is_some_and(|title| title.contains("third")),
        },
        Filter { query: "genre=Genre%201", selects: |film| film["genres"][1] == "Genre 1" },
        Filter {
            query: "genre=genre%201&genre=GENRE%202",
            selects: |film| film["genres"][1] == "Genre 1" || film["genres"][1] == "Genre 2",
        },
        Filter { query: "year_from=1992", selects: |film| film["year"].as_i64() >= Some(1992) },
        Filter { query: "year_to=1992", selects: |film| film["year"].as_i64() <= Some(1992) },
        Filter { query: "rating=PG-13", selects: |film| film["rating"] == "PG-13" },
        Filter { query: "price_from=500", selects: |film| film["price"]["amount"].as_i64() >= Some(500) },
        Filter { query: "price_to=500", selects: |film| film["price"]["amount"].as_i64() <= Some(500) },
        Filter {
            query: "year_from=1991&year_to=1993&price_from=100&rating=R",
            selects: |film| {
                (1991..=1993).contains(&film["year"].as_i64().unwrap_or_default())
                    && film["price"]["amount"].as_i64() >= Some(100)
                    && film["rating"] == "R"
            },
        },
    ],
    invalid_queries: &[
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=a&q=b", "q"),
        ("genre=", "genre"),
        ("year_from=MCMXCII", "year_from"),
        ("year_to=10000", "year_to"),
        ("rating=X", "rating"),
        ("rating=pg-13", "rating"),
        ("price_from=-1", "price_from"),
        ("price_to=1.5", "price_to"),
    ],
};

/// Years, running times, prices and ratings repeat, so that lists have ties.
fn body(number: usize) -> Value {
    json!({
        "title": format!("The {} film {number}", if number.is_multiple_of(3) { "third" } else { "other" }),
        "year": 1990 + number % 5,
        "runtime_minutes": 90 + number % 4,
        "genres": ["Every", format!("Genre {}", number % 6)],
        "director": format!("Director {}", number % 2),
        "rating": (["G", "PG", "PG-13", "R"][number % 4]),
        "price": {"amount": number % 7 * 200, "currency": "USD"},
        "stock": 7,
    })
}

fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("/title", json!("")),
        ("/title", json!(" \u{a0}")),
        ("/title", json!("x".repeat(501))),
        ("/title", json!("two\nlines")),
        ("/title", json!(1776)),
        ("/year", json!(1887)),
        ("/year", json!(types::now().format("%Y").to_string().parse::<i32>().unwrap_or_default() + 2)),
        ("/year", json!("1979")),
        ("/year", json!(1979.5)),
        ("/runtime_minutes", json!(0)),
        ("/runtime_minutes", json!(1441)),
        ("/genres", json!("Drama")),
        ("/genres", json!(["a", "b", "c", "d", "e", "f"])),
        ("/genres", json!(["Drama", "drama"])),
        ("/genres", json!({"0": "Drama"})),
        ("/director", json!("x".repeat(201))),
        ("/director", json!([])),
        ("/rating", json!("Not Rated")),
        ("/rating", json!("pg")),
        ("/price", json!(9.99)),
        ("/price/amount", json!(-1)),
        ("/price/amount", json!(1_000_000_000_000_i64)),
        ("/price/amount", json!("999")),
        ("/price/currency", json!("usd")),
        ("/price/currency", json!("XXX")),
        ("/stock", json!(-1)),
        ("/stock", json!(2_147_483_648_i64)),
    ]
}
