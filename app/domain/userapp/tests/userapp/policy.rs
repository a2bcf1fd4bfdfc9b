//! Each cell of the policy that concerns accounts, over HTTP.

use apitest::run;
use serde_json::json;
use types::{Role, UserId};

use crate::ground::start;

#[test]
fn each_role_may_do_what_the_policy_says_and_nobody_may_do_anything() {
    run(async {
        let api = start(1).await;
        let roles_path = format!("/v1/users/{}/roles", UserId::new());
        let routes = [
            ("GET", "/v1/users", [200, 403, 403, 403]),
            ("GET", "/v1/users/me", [200, 200, 200, 200]),
            // Nobody has this id: 404 is what whoever may ask is answered.
            ("PUT", roles_path.as_str(), [404, 403, 403, 403]),
        ];
        for (method, path, expected) in routes {
            let request = || {
                let request = api.request(method, path);
                if method == "PUT" { request.json(&json!({"roles": []})) } else { request }
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
        let path = "/v1/users/me?access_token=a.b.c";
        api.get(path).send().await.problem(401, "unauthorized");
    });
}
