//! Each kind of change, planted alone.

use serde_json::{Value, json};

use super::*;

fn document() -> Value {
    json!({
        "paths": {
            "/films": {
                "get": {
                    "security": [{}, {"bearer": []}],
                    "parameters": [
                        {"in": "query", "name": "q", "required": false, "schema": {"type": "string", "maxLength": 200}},
                        {"in": "query", "name": "rating", "schema": {"type": "string", "enum": ["G", "PG"]}},
                        {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    ],
                    "responses": {
                        "200": {
                            "headers": {"ETag": {}},
                            "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Film"}}}},
                        },
                        "404": {"$ref": "#/components/responses/NotFound"},
                    },
                },
                "post": {
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewFilm"}}}},
                    "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Film"}}}}},
                },
            },
            "/genres": {"get": {"responses": {"204": {}}}},
        },
        "components": {
            "responses": {"NotFound": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
            "schemas": {
                "Film": {
                    "type": "object",
                    "required": ["id", "title", "director"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "title": {"type": "string"},
                        "director": {"type": ["string", "null"]},
                        "rating": {"type": "string", "enum": ["G", "PG"]},
                        "price": {"$ref": "#/components/schemas/Money"},
                    },
                },
                "NewFilm": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["title"],
                    "properties": {
                        "title": {"type": "string", "minLength": 1, "maxLength": 500},
                        "director": {"type": ["string", "null"]},
                        "year": {"type": "integer"},
                        "genres": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "Money": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "format": "int64"}}},
            },
        },
    })
}

/// The changes after the value at a pointer became another one; null takes the member away.
fn after(pointer: &str, value: Value) -> Vec<(bool, String)> {
    let mut new = document();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match new.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => {
            members.remove(&key).unwrap();
        }
        Value::Array(items) if value.is_null() => {
            items.remove(key.parse().unwrap());
        }
        Value::Array(items) if key == "-" => items.push(value),
        parent => parent[key] = value,
    }
    changes(&document(), &new).into_iter().map(|change| (change.breaks, change.what)).collect()
}

const GET: &str = "/paths/~1films/get";
const FILM: &str = "/components/schemas/Film";
const NEW: &str = "/components/schemas/NewFilm";

#[track_caller]
fn breaks(pointer: &str, value: Value, what: &str) {
    assert_eq!(after(pointer, value), [(true, what.to_owned())], "{pointer}");
}

#[track_caller]
fn adds(pointer: &str, value: Value, what: &str) {
    assert_eq!(after(pointer, value), [(false, what.to_owned())], "{pointer}");
}

#[test]
fn the_same_document_has_no_changes_and_words_are_none() {
    assert_eq!(changes(&document(), &document()), []);
    assert_eq!(after(&format!("{FILM}/description"), json!("A film.")), []);
}

#[test]
fn what_is_gone_breaks() {
    breaks("/paths/~1genres", Value::Null, "the path /genres is gone");
    breaks("/paths/~1films/post", Value::Null, "POST /films is gone");
    breaks(&format!("{GET}/parameters/0"), Value::Null, "GET /films: the query parameter `q` is gone");
    breaks(&format!("{GET}/responses/404"), Value::Null, "GET /films does not answer 404 any more");
    breaks(
        &format!("{GET}/responses/200/headers/ETag"),
        Value::Null,
        "GET /films: the answer 200 has no header ETag any more",
    );
    breaks(&format!("{FILM}/properties/rating"), Value::Null, "Film.rating is gone");
    breaks(&format!("{NEW}/properties/year"), Value::Null, "NewFilm.year is gone");
    breaks("/components/schemas/Money/properties/amount", Value::Null, "Money.amount is gone");
}

#[test]
fn a_promise_that_is_taken_back_breaks() {
    breaks(&format!("{FILM}/properties/title/type"), json!(["string", "null"]), "Film.title may now be null");
    breaks(&format!("{FILM}/required"), json!(["id", "director"]), "Film.title may now be absent");
    breaks(&format!("{FILM}/properties/title/type"), json!("integer"), "Film.title was string and is integer now");
    breaks(&format!("{FILM}/properties/id/format"), json!("int64"), "Film.id has the format int64 now, not uuid");
    let nullable = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Money"}]});
    breaks(&format!("{FILM}/properties/price"), nullable, "Film.price may now be null");
}

#[test]
fn a_demand_that_is_new_breaks() {
    breaks(&format!("{GET}/security"), json!([{"bearer": []}]), "GET /films now wants credentials");
    breaks(&format!("{GET}/parameters/0/required"), json!(true), "GET /films: the query parameter `q` is now required");
    let region = json!({"in": "query", "name": "region", "required": true, "schema": {"type": "string"}});
    breaks(&format!("{GET}/parameters/-"), region, "GET /films: the query parameter `region` is new and required");
    breaks(&format!("{NEW}/required"), json!(["title", "year"]), "NewFilm.year is now required");
    breaks(&format!("{NEW}/properties/director/type"), json!("string"), "NewFilm.director may not be null any more");
    breaks("/paths/~1genres/get/requestBody", json!({"required": true, "content": {}}), "GET /genres now takes a body");
}

#[test]
fn a_bound_that_is_narrower_breaks() {
    let q = "GET /films: the query parameter `q`";
    breaks(&format!("{GET}/parameters/0/schema/maxLength"), json!(100), &format!("{q} has maxLength 100 now, not 200"));
    breaks(&format!("{GET}/parameters/0/schema/pattern"), json!("^a"), &format!("{q} has pattern \"^a\" now, not any"));
    breaks(&format!("{NEW}/properties/title/minLength"), json!(2), "NewFilm.title has minLength 2 now, not 1");
    breaks(&format!("{NEW}/properties/year/maximum"), json!(2100), "NewFilm.year has maximum 2100 now, not any");
    breaks(
        &format!("{NEW}/properties/genres/items/type"),
        json!("integer"),
        "NewFilm.genres[] was string and is integer now",
    );
    let rating = "GET /films: the query parameter `rating`";
    breaks(&format!("{GET}/parameters/1/schema/enum"), json!(["G"]), &format!("{rating} has no value \"PG\" any more"));
}

#[test]
fn what_is_added_does_not_break() {
    adds("/paths/~1cinemas", json!({"get": {"responses": {}}}), "GET /cinemas is new");
    adds("/paths/~1genres/post", json!({"responses": {}}), "POST /genres is new");
    adds(&format!("{FILM}/properties/year"), json!({"type": "integer"}), "Film has `year`, which is new");
    adds(&format!("{NEW}/properties/stock"), json!({"type": "integer"}), "NewFilm has `stock`, which is new");
    adds(&format!("{GET}/responses/503"), json!({}), "GET /films may now answer 503");
    adds(&format!("{NEW}/properties/title/maxLength"), json!(900), "NewFilm.title has maxLength 900 now, not 500");
    adds(&format!("{NEW}/properties/year/type"), json!("number"), "NewFilm.year was integer and is number now");
    adds(&format!("{FILM}/properties/rating/enum"), json!(["G", "PG", "R"]), "Film.rating has the new value \"R\"");
}

#[test]
fn a_schema_that_many_use_is_told_once_for_each_way_and_one_that_holds_itself_ends() {
    let mut old = document();
    old["components"]["schemas"]["Film"]["properties"]["sequel"] = json!({"$ref": "#/components/schemas/Film"});
    let mut new = old.clone();
    new["components"]["schemas"]["Film"]["properties"]["title"] = json!({"type": "integer"});
    assert_eq!(changes(&old, &new).len(), 1);
}
