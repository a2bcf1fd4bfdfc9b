//! What the description says of sales.

use apitest::{Api, run};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

#[test]
fn the_description_of_sales_is_what_clients_build_on() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let mut schemas = serde_json::Map::new();
        for name in ["Sale", "Buyer", "SoldMovie", "SaleTotal"] {
            let schema = document["components"]["schemas"][name].clone();
            assert_ne!(schema, Value::Null, "{name}");
            schemas.insert(name.to_owned(), schema);
        }
        assert_json_snapshot!(schemas);
        let list = &document["paths"]["/v1/sales"]["get"];
        let names: Vec<_> = list["parameters"].as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
        assert_json_snapshot!(names);
        let content = &list["responses"]["200"]["content"];
        assert_eq!(content["text/csv"], json!({"schema": {"type": "string"}}));
        assert_eq!(content["application/json"]["schema"]["$ref"], "#/components/schemas/SaleCollection");
    });
}
