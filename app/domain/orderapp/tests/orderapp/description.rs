//! What the description says of orders.

use apitest::{Api, run};
use serde_json::{Value, json};

#[test]
fn the_description_of_orders_is_what_clients_build_on() {
    run(async {
        let api = Api::start(1, crate::resource::routes).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let schemas = &document["components"]["schemas"];
        let shown = ["created_at", "id", "items", "owner_id", "status", "total", "updated_at", "version"];
        assert_eq!(names(&schemas["Order"]), shown);
        assert_eq!(required(&schemas["Order"]), shown);
        let item = ["movie_id", "price", "quantity", "title"];
        assert_eq!(names(&schemas["OrderItem"]), item);
        assert_eq!(required(&schemas["OrderItem"]), item);
        assert_eq!(required(&schemas["NewOrder"]), ["items"]);
        assert_eq!(required(&schemas["NewOrderItem"]), ["movie_id", "quantity"]);
        let list = parameters(&document["paths"]["/v1/orders"]["get"]);
        for name in ["status", "movie_id", "total_from", "total_to", "sort", "limit"] {
            assert!(list.contains(&json!(name)), "{name}: {list:?}");
        }
        let place = parameters(&document["paths"]["/v1/orders"]["post"]);
        assert!(place.contains(&json!("Idempotency-Key")), "{place:?}");
    });
}

fn parameters(operation: &Value) -> Vec<Value> {
    let parameters = operation["parameters"].as_array().unwrap();
    parameters.iter().map(|parameter| parameter["name"].clone()).collect()
}

fn names(schema: &Value) -> Vec<&str> {
    let mut names: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn required(schema: &Value) -> Vec<&str> {
    let mut names: Vec<_> = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}
