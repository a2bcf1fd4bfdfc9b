//! What the description says of cinemas.

use apitest::{Api, run};
use serde_json::{Value, json};

#[test]
fn the_description_of_cinemas_is_what_clients_build_on() {
    run(async {
        let api = Api::start(1, cinemaapp::routes).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let schemas = &document["components"]["schemas"];
        let members = ["name", "address", "place", "latitude", "longitude", "screens"];
        let shown: Vec<&str> = [&["id"], &members[..], &["version", "created_at", "updated_at"]].concat();
        assert_eq!(names(&schemas["Cinema"]), sorted(&shown));
        assert_eq!(required(&schemas["Cinema"]), sorted(&shown));
        assert_eq!(names(&schemas["NewCinema"]), sorted(&members));
        assert_eq!(required(&schemas["NewCinema"]), sorted(crate::resource::RESOURCE.required));
        assert_eq!(names(&schemas["UpdateCinema"]), sorted(&members));
        assert_eq!(required(&schemas["UpdateCinema"]), Vec::<&str>::new());
        let parameters = &document["paths"]["/v1/cinemas"]["get"]["parameters"];
        let parameters: Vec<_> = parameters.as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
        for name in [
            "q",
            "place",
            "latitude_from",
            "latitude_to",
            "longitude_from",
            "longitude_to",
            "screens_from",
            "screens_to",
            "sort",
            "limit",
        ] {
            assert!(parameters.contains(&&json!(name)), "{name}: {parameters:?}");
        }
    });
}

fn names(schema: &Value) -> Vec<&str> {
    sorted(&schema["properties"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>())
}

fn required(schema: &Value) -> Vec<&str> {
    let names = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    sorted(&names.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>())
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}
