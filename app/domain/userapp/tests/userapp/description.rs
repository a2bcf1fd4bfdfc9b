//! What the description says of users.

use apitest::run;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::ground::start;

#[test]
fn the_description_of_accounts_is_what_clients_build_on() {
    run(async {
        let api = start(1).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let schemas: serde_json::Map<String, Value> = [
            "Accepted",
            "Activation",
            "NewPassword",
            "PasswordChange",
            "Payee",
            "Recipient",
            "Registration",
            "UpdateUser",
            "User",
            "UserRoles",
        ]
        .into_iter()
        .map(|name| (name.to_owned(), document["components"]["schemas"][name].clone()))
        .collect();
        assert_json_snapshot!(schemas);
    });
}

/// An example that the service refuses teaches the wrong thing.
#[test]
fn every_body_has_an_example_that_is_well_formed() {
    run(async {
        let api = start(1).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
                for (media_type, content) in content {
                    seen += 1;
                    let example = &content["example"];
                    assert!(example.is_object(), "{method} {path} {media_type}");
                    let path = path.replace("{id}", &types::UserId::new().to_string());
                    let request = api.request(&method.to_uppercase(), path).by(types::Role::Admin).if_match("*");
                    let answer = request.body(media_type, example.to_string()).send().await;
                    // Whatever else may be wrong: the place that is refused is one that depends on what is stored.
                    if answer.status() == 422 {
                        let places = answer.refused();
                        assert!(places == ["#/token"] || places == ["#/current_password"], "{answer}");
                    } else {
                        assert!(matches!(answer.status(), 200 | 202 | 204 | 404), "{answer}");
                    }
                }
            }
        }
        assert_eq!(seen, 9);
    });
}

#[test]
fn passwords_and_tokens_are_described_as_never_sent_back() {
    run(async {
        let api = start(1).await;
        let document = api.get("/openapi.json").send().await.expect(200).json();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut seen = 0;
        for (name, schema) in schemas {
            for (member, described) in schema["properties"].as_object().into_iter().flatten() {
                if ["password", "current_password", "token"].contains(&member.as_str()) {
                    seen += 1;
                    assert_eq!(described["writeOnly"], json!(true), "{name} {member}");
                }
            }
        }
        assert_eq!(seen, 6);
    });
}
