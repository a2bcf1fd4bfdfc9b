//! Nobody learns without signing in whether an address is known.

use apitest::{Answer, Api, Standing, run};
use serde_json::{Value, json};
use types::Role;

use crate::ground::start;
use crate::registration::registration;

/// An address of each kind.
const ADDRESSES: [&str; 5] = [
    "nobody@example.com",
    "customer-0@example.com",
    "admin-0@example.com",
    "dormant@example.com",
    "disabled@example.com",
];

async fn with_everyone() -> Api {
    let api = start(1).await;
    api.add("dormant@example.com", &[Role::Customer], Standing::Dormant).await;
    api.add("disabled@example.com", &[Role::Customer], Standing::Disabled).await;
    api
}

async fn answers(api: &Api, path: &str, body: impl Fn(&str) -> Value) -> Vec<Answer> {
    let mut answers = Vec::new();
    for email in ADDRESSES {
        answers.push(api.post(path).json(&body(email)).send().await);
    }
    answers
}

#[test]
fn the_answers_for_all_addresses_are_the_same_to_the_byte() {
    run(async {
        let api = with_everyone().await;
        for path in ["/v1/users", "/v1/users/activation-mail", "/v1/users/password-reset-mail"] {
            let body = |email: &str| match path {
                "/v1/users" => registration(email),
                _ => json!({ "email": email }),
            };
            // Twice: what the first request left behind changes nothing for whoever asks.
            for _ in 0..2 {
                let answers = answers(&api, path, body).await;
                for answer in &answers {
                    assert_eq!(answer.status(), 202);
                    assert_eq!(answer.body(), answers[0].body(), "{path}");
                    assert_eq!(answer.without_ids(), answers[0].without_ids(), "{path}");
                }
            }
        }
    });
}
