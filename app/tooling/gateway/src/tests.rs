//! The locations that come of documents.

use serde_json::{Value, json};

use crate::{Error, Service, routes};

fn document(paths: &[&str]) -> Value {
    let paths: serde_json::Map<String, Value> =
        paths.iter().map(|path| ((*path).to_owned(), json!({"get": {"responses": {"200": {}}}}))).collect();
    json!({"paths": paths})
}

fn lines(services: &[(&str, &Value)]) -> Vec<String> {
    let services: Vec<Service<'_>> = services.iter().map(|(name, document)| Service { name, document }).collect();
    let text = routes(&services).unwrap();
    text.lines().filter(|line| line.starts_with("location")).map(str::to_owned).collect()
}

#[test]
fn a_collection_of_one_service_is_handed_to_it_whole_and_health_to_nobody() {
    let catalog = document(&["/livez", "/v1/movies", "/v1/movies/{id}"]);
    let orders = document(&["/livez", "/v1/orders"]);
    assert_eq!(
        lines(&[("catalog", &catalog), ("orders", &orders)]),
        [
            "location = /v1/movies { proxy_pass http://catalog; include request.conf; }",
            "location /v1/movies/ { proxy_pass http://catalog; include request.conf; }",
            "location = /v1/orders { proxy_pass http://orders; include request.conf; }",
        ]
    );
}

#[test]
fn a_collection_that_two_services_share_is_told_apart_by_path_and_what_is_named_comes_first() {
    let catalog = document(&["/v1/movies", "/v1/movies/{id}", "/v1/movies/{id}/{part}"]);
    let orders = document(&["/v1/movies/{id}/sales", "/v1/x.y/{id}", "/v1/x.y"]);
    assert_eq!(
        lines(&[("catalog", &catalog), ("orders", &orders)]),
        [
            "location = /v1/movies { proxy_pass http://catalog; include request.conf; }",
            "location ~ ^/v1/movies/[^/]+$ { proxy_pass http://catalog; include request.conf; }",
            "location ~ ^/v1/movies/[^/]+/sales$ { proxy_pass http://orders; include request.conf; }",
            "location ~ ^/v1/movies/[^/]+/[^/]+$ { proxy_pass http://catalog; include request.conf; }",
            "location = /v1/x.y { proxy_pass http://orders; include request.conf; }",
            "location /v1/x.y/ { proxy_pass http://orders; include request.conf; }",
        ]
    );
}

#[test]
fn uploads_streams_and_sockets_pass_in_their_own_way() {
    let live = json!({"paths": {
        "/v1/events": {"get": {"responses": {"200": {"content": {"text/event-stream": {}}}}}},
        "/v1/live": {"get": {"responses": {"101": {}}}},
        "/v1/files/{id}": {"put": {
            "requestBody": {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}, "responses": {"204": {}},
        }},
    }});
    let other = document(&["/v1/others"]);
    assert_eq!(
        lines(&[("live", &live), ("other", &other)])[..5],
        [
            "location = /v1/events { proxy_pass http://live; include stream.conf; }",
            "location = /v1/files { proxy_pass http://live; include request.conf; }",
            "location /v1/files/ { proxy_pass http://live; include request.conf; }",
            "location ~ ^/v1/files/[^/]+$ { proxy_pass http://live; include upload.conf; }",
            "location = /v1/live { proxy_pass http://live; include socket.conf; }",
        ]
    );
}

#[test]
fn a_path_of_two_services_out_of_three_is_an_error_that_names_them() {
    let (one, two, three) = (document(&["/v1/movies"]), document(&["/v1/movies"]), document(&["/v1/orders"]));
    let service = |name, document| Service { name, document };
    let refused = routes(&[service("one", &one), service("two", &two), service("three", &three)]);
    let services = vec!["one".to_owned(), "two".to_owned()];
    assert_eq!(refused, Err(Error::Shared { path: "/v1/movies".to_owned(), services }));
}
