//! Each cell of the policy that concerns accounts, over HTTP.

use apitest::run;
use serde_json::json;
use types::{Role, UserId};

use crate::ground::start;

#[test]
fn each_role_may_do_what_the_policy_says_and_nobody_may_do_anything() {
    run(async {
        let api = start(1).await;
        let missing = format!("/v1/users/{}", UserId::new());
        let [roles, password, payee] = ["roles", "password", "payee"].map(|part| format!("{missing}/{part}"));
        let new_password = json!({"current_password": apitest::PASSWORD, "password": "eight analytical engines"});
        let nothing = serde_json::Value::Null;
        let routes = [
            ("GET", "/v1/users", &nothing, [200, 403, 403, 403]),
            ("GET", "/v1/users/me", &nothing, [200, 200, 200, 200]),
            // Nobody has this id: 404 is what whoever may ask is answered.
            ("PUT", &roles, &json!({"roles": []}), [404, 403, 403, 403]),
            ("GET", &missing, &nothing, [404, 404, 404, 404]),
            ("GET", &payee, &nothing, [404, 404, 404, 404]),
            ("PATCH", &missing, &json!({"name": "Eve"}), [404, 404, 404, 404]),
            ("PATCH", &missing, &json!({"enabled": true}), [404, 403, 403, 403]),
            ("POST", &password, &new_password, [404, 404, 404, 404]),
            ("DELETE", &missing, &nothing, [404, 404, 404, 404]),
        ];
        for (method, path, body, expected) in routes {
            let request = || {
                let request = api.request(method, path);
                let request = if method == "PATCH" { request.if_match("*") } else { request };
                if body.is_null() { request } else { request.json(body) }
            };
            for (role, status) in Role::ALL.into_iter().zip(expected) {
                request().by(role).send().await.expect(status);
            }
            let anonymous = request().send().await.problem(401, "unauthorized");
            assert_eq!(anonymous.header("www-authenticate"), "Bearer realm=\"marquee\"");
            let forged = request().header("authorization", "Bearer a.b.c").send().await.problem(401, "unauthorized");
            assert_eq!(forged.header("www-authenticate"), "Bearer realm=\"marquee\", error=\"invalid_token\"");
        }
    });
}

#[test]
fn a_token_in_the_query_is_no_credential() {
    run(async {
        let api = start(1).await;
        let path = format!("/v1/users/me?access_token={}", api.token(Role::Customer));
        api.get(path).send().await.problem(401, "unauthorized");
    });
}
