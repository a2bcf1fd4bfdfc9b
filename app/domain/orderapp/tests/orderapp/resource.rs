//! What the general rules need to know about orders.

use apitest::{Filter, Resource, Sort};
use serde_json::{Value, json};
use types::Role;

pub(crate) const RESOURCE: Resource = Resource {
    routes: orderapp::routes,
    path: "/v1/orders",
    ground: "",
    public: false,
    writer: Role::Customer,
    reader: Role::Support,
    body,
    required: &["worth"],
    nullable: &[],
    text: ("status", 1),
    vary: |number| json!({ "worth": {"amount": 100_000 + number, "currency": "USD"} }),
    invalid,
    patches: || vec![json!({"status": "pending" }), json!({"worth": {"amount": 1} })],
    sorts: &[Sort { name: "worth", pointer: "/worth/amount" }, Sort { name: "created_at", pointer: "/created_at" }],
    filters: &[
        Filter { query: "status=pending", selects: |order| order["status"] == "pending" },
        Filter {
            query: "worth_from=600",
            selects: |order| order["worth"]["amount"].as_i64().is_some_and(|value| value >= 600),
        },
        Filter {
            query: "worth_to=600",
            selects: |order| order["worth"]["amount"].as_i64().is_some_and(|value| value <= 600),
        },
    ],
    invalid_queries: &[
        ("status=surplus", "status"),
        ("status=", "status"),
        ("worth_from=-1", "worth_from"),
        ("worth_to=1.5", "worth_to"),
        ("sort=surplus", "sort"),
    ],
};

/// Values repeat, so that lists have ties.
fn body(number: usize) -> Value {
    json!({
        "status": (["pending", "paid", "cancelled", "refunded"][number % 4]),
        "worth": {"amount": number % 7 * 200, "currency": "USD"},
    })
}

fn invalid() -> Vec<(&'static str, Value)> {
    vec![
        ("/status", json!("surplus")),
        ("/status", json!("Pending")),
        ("/status", json!(1)),
        ("/worth", json!(9.99)),
        ("/worth/amount", json!(-1)),
        ("/worth/amount", json!(1_000_000_000_000_i64)),
        ("/worth/amount", json!("999")),
        ("/worth/currency", json!("usd")),
        ("/worth/currency", json!("XXX")),
    ]
}
