//! What the general rules need to know about orders.

use apitest::{Filter, Resource, Sort};
use serde_json::{Value, json};
use types::Role;

/// The films of every test.
pub(crate) const FILMS: [&str; 2] = ["00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"];

pub(crate) const RESOURCE: Resource = Resource {
    routes,
    path: "/v1/orders",
    ground: concat!(
        include_str!("../../../../../business/domain/moviebus/tests/ground.sql"),
        "UPDATE public.movies SET stock = 1000000"
    ),
    public: false,
    writer: Role::Customer,
    reader: Role::Support,
    body,
    required: &["items"],
    nullable: &[],
    // Orders have no text and are not patched: the rules that ask with these are left out.
    text: ("items", 0),
    vary: |_| json!({}),
    patches: Vec::new,
    invalid,
    sorts: &[Sort { name: "total", pointer: "/total/amount" }, Sort { name: "created_at", pointer: "/created_at" }],
    filters: &[
        Filter { query: "movie_id=00000000-0000-7000-8000-000000000001", selects: |order| has(order, FILMS[0]) },
        Filter { query: "total_from=3000", selects: |order| order["total"]["amount"].as_i64().unwrap() >= 3000 },
        Filter { query: "total_to=3000", selects: |order| order["total"]["amount"].as_i64().unwrap() <= 3000 },
    ],
    invalid_queries: &[
        ("status=surplus", "status"),
        ("status=", "status"),
        ("movie_id=1", "movie_id"),
        ("total_from=-1", "total_from"),
        ("total_to=1.5", "total_to"),
        ("sort=surplus", "sort"),
    ],
};

/// The routes, where no card is taken.
pub(crate) fn routes(db: sqldb::Db) -> mux::Routes {
    orderapp::routes(db.clone(), paymentbus::Business::new(db, None))
}

/// Values repeat, so that lists have ties.
fn body(number: usize) -> Value {
    let quantity = 1 + number % 5;
    match number % 3 {
        0 => json!({"items": [{"movie_id": FILMS[0], "quantity": quantity}]}),
        1 => json!({"items": [{"movie_id": FILMS[1], "quantity": quantity}]}),
        _ => json!({"items": [{"movie_id": FILMS[1], "quantity": 1}, {"movie_id": FILMS[0], "quantity": quantity}]}),
    }
}

fn has(order: &Value, film: &str) -> bool {
    order["items"].as_array().unwrap().iter().any(|item| item["movie_id"] == film)
}

fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("/items", json!([])),
        ("/items", json!({})),
        ("/items", json!(null)),
        ("/items", (0..51).map(|_| json!({"movie_id": uuid::Uuid::now_v7(), "quantity": 1})).collect()),
        ("/items/0", json!(1)),
        ("/items/0/movie_id", json!("x")),
        ("/items/0/movie_id", json!(null)),
        ("/items/0/quantity", json!(0)),
        ("/items/0/quantity", json!(11)),
        ("/items/0/quantity", json!(1.5)),
        ("/items/0/quantity", json!("1")),
        ("/items/0/price", json!(1)),
    ]
}
