//! What only orders have.

use apitest::{Api, run};
use serde_json::{Value, json};
use types::Role;

use crate::resource::RESOURCE;

/// Who adds and changes them.
const WRITER: Role = RESOURCE.writer;

async fn started() -> Api {
    let mut api = Api::start(1, orderapp::routes).await;
    api.readers(RESOURCE.reader);
    api
}

fn order() -> Value {
    json!({
        "status": "pending",
        "worth": {"amount": 999, "currency": "USD"},
    })
}

#[test]
fn a_order_is_shown_in_one_form() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/orders").by(WRITER).json(&order()).send().await.expect(201);
        let text = String::from_utf8(created.body().to_vec()).unwrap();
        let shown = created.json();
        let mut expected = order();
        for name in ["id", "owner_id", "created_at", "updated_at"] {
            expected[name] = shown[name].clone();
        }
        expected["version"] = json!(1);
        assert_eq!(shown, expected);
        let members = ["id", "owner_id", "status", "worth", "version", "created_at", "updated_at"];
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
        let created = api.post("/v1/orders").by(WRITER).json(&order()).send().await.expect(201);
        let path = created.header("location").to_owned();
        let mut expected = created.json();
        for (name, value) in [("status", json!("paid")), ("worth", json!({"amount": 500, "currency": "USD"}))] {
            let now = api.get(&path).send().await.expect(200);
            let patch = api.patch(&path).by(WRITER).if_match(&now.etag()).merge(&json!({ name: value }));
            let after = patch.send().await.expect(200).json();
            expected[name] = value;
            expected["version"] = after["version"].clone();
            expected["updated_at"] = after["updated_at"].clone();
            assert_eq!(after, expected, "{name}");
        }
        assert_eq!(expected["version"], 2 + 1);
    });
}

#[test]
fn what_is_not_said_has_its_default() {
    run(async {
        let api = started().await;
        let mut least = order();
        least.as_object_mut().unwrap().remove("status");
        let created = api.post("/v1/orders").by(WRITER).json(&least).send().await.expect(201).json();
        assert_eq!(created["status"], json!("pending"));
    });
}

#[test]
fn worth_is_patched_member_by_member() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/orders").by(WRITER).json(&order()).send().await.expect(201);
        let path = created.header("location").to_owned();
        let mut tag = created.etag();
        for (patch, money) in [
            (json!({"worth": {"amount": 5}}), json!({"amount": 5, "currency": "USD"})),
            (json!({"worth": {"currency": "EUR"}}), json!({"amount": 5, "currency": "EUR"})),
            (json!({"worth": {}}), json!({"amount": 5, "currency": "EUR"})),
        ] {
            let answer = api.patch(&path).by(WRITER).if_match(&tag).merge(&patch).send().await.expect(200);
            assert_eq!(answer.json()["worth"], money);
            tag = answer.etag();
        }
        for (patch, place) in [
            (json!({"worth": {"amount": null}}), "#/worth/amount"),
            (json!({"worth": {"currency": null}}), "#/worth/currency"),
            (json!({"worth": null}), "#/worth"),
            (json!({"worth": {"surplus": 1}}), "#/worth/surplus"),
        ] {
            api.patch(&path).by(WRITER).if_match(&tag).merge(&patch).send().await.invalid(&[place]);
        }
    });
}

#[test]
fn who_may_not_write_changes_nothing_and_support_reads() {
    run(async {
        let api = started().await;
        let created = api.post("/v1/orders").by(WRITER).json(&order()).send().await.expect(201);
        let path = created.header("location").to_owned();
        for role in [Role::Editor, Role::Support] {
            api.post("/v1/orders").by(role).json(&order()).send().await.problem(403, "forbidden");
            api.delete(&path).by(role).send().await.problem(403, "forbidden");
            let patch = json!({"status": "paid" });
            let patch = api.patch(&path).by(role).if_match(&created.etag()).merge(&patch);
            patch.send().await.problem(403, "forbidden");
        }
        api.delete(&path).send().await.problem(401, "unauthorized");
        assert_eq!(api.get(&path).send().await.expect(200).json(), created.json());
        let list = api.get("/v1/orders?total=true").send().await.expect(200).json();
        assert_eq!(list["total"], 1);
    });
}
