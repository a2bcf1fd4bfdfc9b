use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use apitest::run;
use serde_json::{Value, json};
use userbus::{Cost, Passwords};

use crate::ground::{Ground, PASSWORD};

#[test]
fn the_right_password_gets_a_token_that_nobody_may_keep_and_that_stands_for_the_user() {
    run(async {
        let ground = Ground::new().await;
        let user = ground.add("ada", true).await;
        let login = json!({"email": "Ada@Example.com", "password": PASSWORD});
        let answer = ground.api.post("/v1/auth/login").json(&login).send().await.expect(201);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(body.as_object().unwrap().len(), 3);

        let mut headers = HeaderMap::new();
        let field = format!("Bearer {}", body["access_token"].as_str().unwrap());
        headers.insert(AUTHORIZATION, HeaderValue::try_from(field).unwrap());
        let caller = ground.authenticator.authenticate(&headers).await.unwrap();
        assert_eq!(caller.user_id(), Some(user.id));
    });
}

#[test]
fn every_way_to_fail_gets_the_same_answer() {
    run(async {
        let ground = Ground::new().await;
        ground.add("ada", true).await;
        ground.add("dormant", false).await;
        let disabled = ground.add("disabled", true).await;
        ground.users.disable(&disabled).await.unwrap();
        let mut seen = Vec::new();
        for (email, password) in [
            ("ada@example.com", "wrong horse battery"),
            ("nobody@example.com", PASSWORD),
            ("dormant@example.com", PASSWORD),
            ("disabled@example.com", PASSWORD),
            ("not an address", PASSWORD),
            ("", ""),
            ("ada@example.com", "short"),
            ("' OR 1=1 --", PASSWORD),
        ] {
            let login = json!({"email": email, "password": password});
            let answer = ground.api.post("/v1/auth/login").json(&login).send().await.problem(401, "unauthorized");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"marquee\"");
            let mut body = answer.json();
            body["trace_id"] = Value::Null;
            seen.push(body.to_string());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
    });
}

#[test]
fn what_has_not_the_shape_of_a_sign_in_is_told_so() {
    run(async {
        let ground = Ground::new().await;
        let login = async |body: Value| ground.api.post("/v1/auth/login").json(&body).send().await;
        login(json!({})).await.invalid(&["#/email", "#/password"]);
        login(json!({"email": null, "password": 7})).await.invalid(&["#/email", "#/password"]);
        login(json!({"email": "ada@example.com", "password": PASSWORD, "remember": true}))
            .await
            .invalid(&["#/remember"]);
        login(json!({"email": "ada\u{0}@example.com", "password": PASSWORD})).await.invalid(&["#/email"]);
        login(json!({"email": "a".repeat(1025), "password": "a".repeat(1025)}))
            .await
            .invalid(&["#/email", "#/password"]);
        let refused = login(json!({"email": "ada@example.com", "password": [PASSWORD]})).await;
        assert!(!String::from_utf8_lossy(refused.body()).contains(PASSWORD), "a password is never sent back");
    });
}

#[test]
fn a_machine_that_hashes_all_it_can_says_when_to_come_back() {
    run(async {
        let ground = Ground::with_passwords(Passwords::new(Cost::default(), 1, 0)).await;
        let login = json!({"email": "nobody@example.com", "password": PASSWORD});
        let attempt = || ground.api.post("/v1/auth/login").json(&login).send();
        let (a, b, c, d) = tokio::join!(attempt(), attempt(), attempt(), attempt());
        let mut busy = 0;
        for answer in [a, b, c, d] {
            match answer.status() {
                401 => {}
                _ => {
                    assert_eq!(answer.problem(503, "unavailable").header("retry-after"), "1");
                    busy += 1;
                }
            }
        }
        assert!((1..=3).contains(&busy), "one is being checked, none may wait: {busy}");
    });
}
