//! How locations are found.

use apitest::{Api, run};
use serde_json::{Value, json};

use crate::resource::RESOURCE;

const SEARCH: &str = "/v1/locations/search";
const FORM: &str = "application/x-www-form-urlencoded";

/// Berlin, London, Zürich, and nine places near the equator that are called `Ground 1` to `Ground 9`.
async fn started() -> Api {
    let api = Api::start(1, cinemaapp::locations).await;
    api.spoil(RESOURCE.ground).await;
    api
}

fn names(found: &Value) -> Vec<&str> {
    found["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn a_location_is_completed_for_anyone() {
    run(async {
        let api = started().await;
        for (query, expected) in [
            ("q=Zurich", "Zürich"),
            ("q=z%C3%BCr", "Zürich"),
            ("q=lodnon", "London"),
            ("q=Berlni&limit=1", "Berlin"),
            ("q=ground&limit=1", "Ground 9"),
            ("q=ground&lat=2.1&lon=2.1&limit=1", "Ground 2"),
            ("q=ground+3&lat=-90&lon=180", "Ground 3"),
        ] {
            let found = api.get(format!("/v1/locations/autocomplete?{query}")).send().await.expect(200).json();
            assert_eq!(names(&found)[0], expected, "{query}");
        }
        let found = api.get("/v1/locations/autocomplete?q=london").send().await.expect(200).json();
        let london = json!({
            "id": 2_643_743, "name": "London", "country": "GB", "admin1": "ENG", "latitude": 51.50853,
            "longitude": -0.12574, "population": 8_961_989, "time_zone": "Europe/London", "distance": null,
        });
        assert_eq!(found, json!({ "items": [london] }));
        let found = api.get("/v1/locations/autocomplete?q=qqqq").send().await.expect(200).json();
        assert_eq!(found, json!({"items": []}));
    });
}

#[test]
fn a_search_is_json_or_a_form_and_tells_the_distance_in_metres() {
    run(async {
        let api = started().await;
        for (body, form, expected) in [
            (json!({"text": "zurich"}), "text=zurich", vec!["Zürich"]),
            (json!({"text": "z\u{fc}r ", "country": "CH"}), "text=z%C3%BCr+&country=CH", vec!["Zürich"]),
            (json!({"text": "zurich", "country": "DE"}), "text=zurich&country=DE", vec![]),
            (
                json!({"latitude": 1.0, "longitude": 1, "radius": 160_000, "limit": 2}),
                "latitude=1.0&longitude=1&radius=160000&limit=2",
                vec!["Ground 1", "Ground 2"],
            ),
            (json!({"latitude": 51.5, "longitude": -0.12}), "latitude=51.5&longitude=-0.12", vec!["London"]),
            (
                json!({"text": "ground", "latitude": 5, "longitude": 5, "radius": 1}),
                "text=ground&latitude=5&longitude=5&radius=1",
                vec!["Ground 5"],
            ),
        ] {
            let found = api.post(SEARCH).json(&body).send().await.expect(200).json();
            assert_eq!(names(&found), expected, "{body}");
            assert_eq!(api.post(SEARCH).body(FORM, form).send().await.expect(200).json(), found, "{form}");
        }
        let here = json!({"latitude": 47.36667, "longitude": 8.55, "country": "DE", "radius": 1_000_000});
        let found = api.post(SEARCH).json(&here).send().await.expect(200).json();
        // By the haversine with the mean radius, computed by hand.
        let metres = found["items"][0]["distance"].as_i64().unwrap();
        assert!((665_000..675_000).contains(&metres), "{metres}");
    });
}

#[test]
fn what_is_refused_is_refused_in_both_forms_with_every_reason() {
    run(async {
        let api = started().await;
        for (body, form, pointers) in [
            (json!({}), "", vec!["#/text"]),
            (json!({"latitude": 1}), "latitude=1", vec!["#/longitude"]),
            (json!({"longitude": 1, "text": "x"}), "longitude=1&text=x", vec!["#/latitude"]),
            (json!({"text": "x", "radius": 5}), "text=x&radius=5", vec!["#/radius"]),
            (
                json!({"latitude": 91, "longitude": "x", "radius": 0, "country": "ch", "limit": 101, "colour": "red"}),
                "latitude=91&longitude=x&radius=0&country=ch&limit=101&colour=red",
                vec!["#/colour", "#/country", "#/latitude", "#/limit", "#/longitude", "#/radius"],
            ),
            (json!({"text": " "}), "text=+", vec!["#/text"]),
            (json!({"text": "a\u{0}"}), "text=a%00", vec!["#/text"]),
        ] {
            api.post(SEARCH).json(&body).send().await.invalid(&pointers);
            api.post(SEARCH).body(FORM, form).send().await.invalid(&pointers);
        }
        for form in [&b"text=%zz"[..], b"text=%ff", b"text=\xff", b"text=a&text=b", b"te%78t=a&text=b"] {
            api.post(SEARCH).body(FORM, form).send().await.problem(400, "bad-request");
        }
        for media in ["multipart/form-data; boundary=x", "text/plain", "application/merge-patch+json"] {
            let refused = api.post(SEARCH).body(media, "text=a").send().await;
            assert_eq!(refused.header("accept"), "application/json, application/x-www-form-urlencoded");
            refused.problem(415, "unsupported-media-type");
        }
        for (query, parameter) in [
            ("", "?q"),
            ("q=", "?q"),
            ("q=a&lat=1", "?lon"),
            ("q=a&lon=1", "?lat"),
            ("q=a&lat=91&lon=1", "?lat"),
            ("q=a&limit=21", "?limit"),
            ("q=a&near=b", "?near"),
        ] {
            api.get(format!("/v1/locations/autocomplete?{query}")).send().await.invalid(&[parameter]);
        }
    });
}

#[test]
fn the_description_names_both_media_types() {
    run(async {
        let api = started().await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let content = &document["paths"][SEARCH]["post"]["requestBody"]["content"];
        for media in ["application/json", FORM] {
            assert_eq!(content[media]["schema"]["$ref"], "#/components/schemas/LocationsSearch", "{content}");
        }
    });
}
