//! What only cinemas have.

use apitest::{Api, run};
use serde_json::{Value, json};
use types::Role;

use crate::resource::RESOURCE;

/// Who adds and changes them.
const WRITER: Role = RESOURCE.writer;

async fn started() -> Api {
    let api = Api::start(1, cinemaapp::routes).await;
    api.spoil(RESOURCE.ground).await;
    api
}

fn cinema() -> Value {
    json!({
        "name": "Some name",
        "address": "Some address",
        "place": 2,
        "latitude": 1.5,
        "longitude": 1.5,
        "screens": 2,
    })
}

#[test]
fn a_cinema_is_shown_in_one_form() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/cinemas").by(WRITER).json(&cinema()).send().await.expect(201);
        let text = String::from_utf8(created.body().to_vec()).unwrap();
        let shown = created.json();
        let mut expected = cinema();
        for name in ["id", "created_at", "updated_at"] {
            expected[name] = shown[name].clone();
        }
        expected["version"] = json!(1);
        assert_eq!(shown, expected);
        let members = [
            "id",
            "name",
            "address",
            "place",
            "latitude",
            "longitude",
            "screens",
            "version",
            "created_at",
            "updated_at",
        ];
        let places: Vec<_> = members.iter().map(|name| text.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "the order of the members: {text}");
        let created_at = shown["created_at"].as_str().unwrap();
        assert_eq!(created_at.len(), "2026-01-01T00:00:00.000000Z".len(), "RFC 3339, UTC, six digits: {created_at}");
    });
}

#[test]
fn every_member_is_patched_by_itself() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/cinemas").by(WRITER).json(&cinema()).send().await.expect(201);
        let path = created.header("location").to_owned();
        let mut expected = created.json();
        for (name, value) in [
            ("name", json!("Another name")),
            ("address", json!("Another address")),
            ("place", json!(1)),
            ("latitude", json!(2.5)),
            ("longitude", json!(2.5)),
            ("screens", json!(1)),
        ] {
            let now = api.get(&path).send().await.expect(200);
            let patch = api.patch(&path).by(WRITER).if_match(&now.etag()).merge(&json!({ name: value }));
            let after = patch.send().await.expect(200).json();
            expected[name] = value;
            expected["version"] = after["version"].clone();
            expected["updated_at"] = after["updated_at"].clone();
            assert_eq!(after, expected, "{name}");
        }
        assert_eq!(expected["version"], 6 + 1);
    });
}

#[test]
fn a_cinema_is_in_a_place_that_there_is() {
    run(async {
        let api = started().await;
        let mut nowhere = cinema();
        nowhere["place"] = json!(10);
        api.post("/v1/cinemas").by(WRITER).json(&nowhere).send().await.problem(409, "conflict");
        let created = api.post("/v1/cinemas").by(WRITER).json(&cinema()).send().await.expect(201);
        let path = created.header("location").to_owned();
        let patch = api.patch(&path).by(WRITER).if_match(&created.etag()).merge(&json!({"place": 10}));
        patch.send().await.problem(409, "conflict");
        assert_eq!(api.get(&path).send().await.expect(200).json(), created.json());
    });
}

#[test]
fn a_typing_error_is_forgiven() {
    run(async {
        let api = started().await;
        let mut named = cinema();
        named["name"] = json!("Extraordinary");
        let created = api.post("/v1/cinemas").by(WRITER).json(&named).send().await.expect(201).json();
        api.post("/v1/cinemas").by(WRITER).json(&(RESOURCE.body)(7)).send().await.expect(201);
        for typed in ["extraordinary", "EXTRA", "extrordinary", "extraodrinary", "%C3%A9xtraordin%C3%A1ry"] {
            let found = api.get(format!("/v1/cinemas?q={typed}")).send().await.expect(200).json();
            assert_eq!(found["items"], json!([created]), "{typed}");
        }
        let nothing = api.get("/v1/cinemas?q=zzzzzz").send().await.expect(200).json();
        assert_eq!(nothing["items"], json!([]));
    });
}

#[test]
fn who_may_not_write_changes_nothing_and_anyone_reads() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/cinemas").by(WRITER).json(&cinema()).send().await.expect(201);
        let path = created.header("location").to_owned();
        for role in [Role::Customer, Role::Support] {
            api.post("/v1/cinemas").by(role).json(&cinema()).send().await.problem(403, "forbidden");
            api.delete(&path).by(role).send().await.problem(403, "forbidden");
            let patch = json!({"name": "Another name" });
            let patch = api.patch(&path).by(role).if_match(&created.etag()).merge(&patch);
            patch.send().await.problem(403, "forbidden");
        }
        api.delete(&path).send().await.problem(401, "unauthorized");
        assert_eq!(api.get(&path).send().await.expect(200).json(), created.json());
        let list = api.get("/v1/cinemas?total=true").send().await.expect(200).json();
        assert_eq!(list["total"], 1);
    });
}
