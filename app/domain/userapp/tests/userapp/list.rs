use apitest::{Api, run};
use serde_json::Value;
use types::Role;

use crate::ground::start;

async fn emails(api: &Api, query: &str) -> Vec<String> {
    let answer = api.get(format!("/v1/users?{query}")).by(Role::Admin).send().await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn users_are_found_by_name_address_role_and_state() {
    run(async {
        let api = start(1).await;
        assert_eq!(emails(&api, "").await.len(), 8);
        assert_eq!(emails(&api, "name=tester&limit=100").await.len(), 8);
        assert_eq!(emails(&api, "name=nobody").await, [""; 0]);
        let sorted = emails(&api, "email=EDITOR-&sort=-email").await;
        assert_eq!(sorted, ["editor-1@example.com", "editor-0@example.com"]);
        assert_eq!(emails(&api, "role=support&sort=email").await.len(), 2);
        assert_eq!(emails(&api, "role=support&email=-1%40&enabled=true").await, ["support-1@example.com"]);
        assert_eq!(emails(&api, "enabled=false").await, [""; 0]);
    });
}

#[test]
fn pages_give_each_user_once() {
    run(async {
        let api = start(1).await;
        for sort in ["name", "-name", "email", "-created_at", "name,-email"] {
            let mut path = format!("/v1/users?limit=3&total=true&sort={sort}");
            let mut walked = Vec::new();
            loop {
                let page = api.get(&path).by(Role::Admin).send().await.expect(200).json();
                assert_eq!(page["total"], 8);
                walked.extend(page["items"].as_array().unwrap().iter().map(|user| user["id"].to_string()));
                let Value::String(next) = &page["next"] else { break };
                path = format!("/v1/users?limit=3&total=true&sort={sort}&cursor={next}");
            }
            assert_eq!(walked.len(), 8, "{sort}");
            walked.sort_unstable();
            walked.dedup();
            assert_eq!(walked.len(), 8, "{sort}");
        }
    });
}

#[test]
fn what_a_list_does_not_know_is_refused_all_at_once() {
    run(async {
        let api = start(1).await;
        let query = "/v1/users?role=owner&enabled=maybe&name=%09&colour=red&limit=0";
        let answer = api.get(query).by(Role::Admin).send().await;
        answer.invalid(&["?colour", "?enabled", "?limit", "?name", "?role"]);
    });
}
