//! What the description says of films.

use apitest::{Api, run};
use insta::assert_json_snapshot;
use serde_json::Value;

#[test]
fn the_description_of_films_is_what_clients_build_on() {
    run(async {
        let api = Api::start(1, movieapp::routes).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let mut schemas = serde_json::Map::new();
        for name in ["Movie", "Money", "NewMovie", "NewPrice", "UpdateMovie", "UpdatePrice"] {
            let mut schema = document["components"]["schemas"][name].clone();
            assert_ne!(schema, Value::Null, "{name}");
            // The list of currencies is long, and the last year moves.
            if schema["properties"]["currency"]["enum"].is_array() {
                schema["properties"]["currency"]["enum"] = "[currencies]".into();
            }
            if schema["properties"]["year"]["maximum"].is_number() {
                schema["properties"]["year"]["maximum"] = "[next year]".into();
            }
            schemas.insert(name.to_owned(), schema);
        }
        assert_json_snapshot!(schemas);
        let parameters = &document["paths"]["/v1/movies"]["get"]["parameters"];
        let names: Vec<_> = parameters.as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
        assert_json_snapshot!(names);
    });
}
