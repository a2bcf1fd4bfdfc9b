//! What the description says of audits.

use apitest::{Api, run};
use insta::assert_json_snapshot;
use serde_json::Value;

#[test]
fn the_description_of_audits_is_what_clients_build_on() {
    run(async {
        let api = Api::start(1, auditapp::routes).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let mut schemas = serde_json::Map::new();
        for name in ["Audit", "Actor", "Difference"] {
            let schema = document["components"]["schemas"][name].clone();
            assert_ne!(schema, Value::Null, "{name}");
            schemas.insert(name.to_owned(), schema);
        }
        assert_json_snapshot!(schemas);
        let parameters = &document["paths"]["/v1/audits"]["get"]["parameters"];
        let names: Vec<_> = parameters.as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
        assert_json_snapshot!(names);
    });
}
