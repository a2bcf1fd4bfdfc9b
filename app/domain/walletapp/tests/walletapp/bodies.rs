//! What a body has to be.

use apitest::run;
use serde_json::json;

use crate::samples::{people, transfer};

#[test]
fn every_wrong_member_is_named() {
    run(async {
        let people = people(1).await;
        let right = transfer(&people.bob, 1);
        for (change, places) in [
            (json!({"to": null}), &["#/to"][..]),
            (json!({"to": "bob"}), &["#/to"]),
            (json!({"amount": null}), &["#/amount"]),
            (json!({"amount": {"amount": 0, "currency": "USD"}}), &["#/amount/amount"]),
            (json!({"amount": {"amount": -1, "currency": "USD"}}), &["#/amount/amount"]),
            (json!({"amount": {"amount": 1.5, "currency": "USD"}}), &["#/amount/amount"]),
            (
                json!({"amount": {"amount": 1_000_000_000_000_i64, "currency": "US"}}),
                &["#/amount/amount", "#/amount/currency"],
            ),
            (json!({"amount": {}}), &["#/amount/amount", "#/amount/currency"]),
            (json!({"from": "me", "to": 1}), &["#/from", "#/to"]),
        ] {
            let mut body = right.clone();
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            people.send(&people.ada, &body).send().await.invalid(places);
        }
        people.send(&people.ada, &json!({})).send().await.invalid(&["#/amount", "#/to"]);
    });
}
