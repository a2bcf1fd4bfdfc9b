//! Signing up, and showing that an address is one's own.

use apitest::{Api, run};
use futures_util::future::join_all;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use types::SecretToken;

use crate::ground::{Postman, signs_in, start};

const PASSWORD: &str = "seven analytical engines";

pub(crate) fn registration(email: &str) -> Value {
    json!({"name": "Ada Lovelace", "email": email, "password": PASSWORD})
}

async fn register(api: &Api, email: &str) {
    api.post("/v1/users").json(&registration(email)).send().await.expect(202);
}

#[test]
fn whoever_signs_up_gets_in_once_the_address_is_shown_to_be_theirs() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let accepted = api.post("/v1/users").json(&registration("Ada@Example.com")).send().await.expect(202);
        assert_eq!(accepted.header("cache-control"), "no-store");
        assert_json_snapshot!(accepted.shown());
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);

        let token = postman.token("ada@example.com", 1).await;
        let activate = || api.post("/v1/users/activation").json(&json!({ "token": token }));
        let user = activate().send().await.expect(200);
        assert_eq!((user.header("cache-control"), user.header("etag")), ("no-store", "\"2\""));
        assert_json_snapshot!(user.shown());
        assert!(signs_in(&api, "ada@example.com", PASSWORD).await);
        activate().send().await.invalid(&["#/token"]);
    });
}

#[test]
fn a_registration_of_a_known_address_changes_nothing_and_tells_its_owner_alone() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        register(&api, "editor-0@example.com").await;
        let mails = postman.mails("editor-0@example.com", 1).await;
        assert!(!mails[0].text.contains("token"), "{}", mails[0].text);
        assert!(signs_in(&api, "editor-0@example.com", apitest::PASSWORD).await);
        assert!(!signs_in(&api, "editor-0@example.com", PASSWORD).await);
    });
}

#[test]
fn another_token_is_mailed_to_whoever_lost_the_first() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        register(&api, "ada@example.com").await;
        let first = postman.token("ada@example.com", 1).await;
        let again = api.post("/v1/users/activation-mail").json(&json!({"email": "ada@example.com"}));
        assert_json_snapshot!(again.send().await.expect(202).shown());
        let second = postman.token("ada@example.com", 2).await;
        assert_ne!(first, second);
        api.post("/v1/users/activation").json(&json!({ "token": second })).send().await.expect(200);
        api.post("/v1/users/activation").json(&json!({ "token": first })).send().await.invalid(&["#/token"]);
    });
}

#[test]
fn one_token_activates_once_however_many_try() {
    run(async {
        let api = start(2).await;
        let postman = Postman::of(&api);
        register(&api, "ada@example.com").await;
        let body = json!({"token": postman.token("ada@example.com", 1).await});
        let tries = (0..50).map(|number| api.post("/v1/users/activation").on(number % 2).json(&body).send());
        let mut activated = 0;
        for answer in join_all(tries).await {
            match answer.status() {
                200 => activated += 1,
                _ => drop(answer.invalid(&["#/token"])),
            }
        }
        assert_eq!(activated, 1);
    });
}

#[test]
fn every_token_that_does_not_activate_is_refused_alike() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let mut tokens = vec![
            String::new(),
            " ".to_owned(),
            "null".to_owned(),
            "A".repeat(43),
            "A".repeat(1024),
            SecretToken::generate().unwrap().expose(),
            api.token(types::Role::Admin).to_owned(),
            "' OR '1'='1".to_owned(),
            "../../activation".to_owned(),
        ];
        register(&api, "used@example.com").await;
        let used = postman.token("used@example.com", 1).await;
        api.post("/v1/users/activation").json(&json!({ "token": used })).send().await.expect(200);
        tokens.push(used);
        // One that resets a password is for nothing else.
        api.post("/v1/users/password-reset-mail").json(&json!({"email": "used@example.com"})).send().await.expect(202);
        let reset = postman.token("used@example.com", 2).await;
        tokens.push(reset.clone());
        register(&api, "late@example.com").await;
        let late = postman.token("late@example.com", 1).await;
        api.spoil(
            "UPDATE user_tokens SET created_at = now() - interval '8 days', expires_at = now() - interval '1 s'
            WHERE purpose = 'activation'",
        )
        .await;
        tokens.extend([late.clone(), format!("{late}="), format!(" {late}"), late.to_lowercase()]);
        let mut seen = Vec::new();
        for token in tokens {
            let answer = api.post("/v1/users/activation").json(&json!({ "token": token })).send().await;
            seen.push(answer.invalid(&["#/token"]).without_ids());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(!signs_in(&api, "late@example.com", PASSWORD).await);
    });
}

#[test]
fn a_password_that_is_easy_to_guess_is_refused() {
    run(async {
        let api = start(1).await;
        for password in [
            "short",
            &"x".repeat(129),
            "password123",
            "Password123!",
            "qwertyuiop",
            "1234567890",
            "aaaaaaaaaaaa",
            "ada.lovelace@example.com",
            "Ada Lovelace",
            "marquee123",
            "ADA.LOVELACE@EXAMPLE.COM",
        ] {
            let mut body = registration("ada.lovelace@example.com");
            body["password"] = json!(password);
            let refused = api.post("/v1/users").json(&body).send().await.invalid(&["#/password"]);
            assert!(!String::from_utf8_lossy(refused.body()).contains(password), "a password is never sent back");
        }
        for password in ["correct horse battery", "ünïcödé pässphräse", "ten chars!", &"ab cd ef gh ".repeat(10)]
        {
            let mut body = registration("ada.lovelace@example.com");
            body["password"] = json!(password);
            api.post("/v1/users").json(&body).send().await.expect(202);
        }
    });
}

#[test]
fn what_has_not_the_shape_of_a_registration_is_told_so_all_at_once() {
    run(async {
        let api = start(1).await;
        let register = async |body: Value| api.post("/v1/users").json(&body).send().await;
        register(json!({})).await.invalid(&["#/email", "#/name", "#/password"]);
        let nulls = json!({"name": null, "email": null, "password": null});
        register(nulls).await.invalid(&["#/email", "#/name", "#/password"]);
        let wrong = json!({"name": 1, "email": ["ada@example.com"], "password": {"text": PASSWORD}});
        register(wrong).await.invalid(&["#/email", "#/name", "#/password"]);
        let mut eager = registration("ada@example.com");
        for (member, value) in [("roles", json!(["admin"])), ("enabled", json!(true)), ("activated_at", json!("now"))] {
            eager[member] = value;
        }
        register(eager).await.invalid(&["#/activated_at", "#/enabled", "#/roles"]);
        for email in [
            "",
            "ada",
            "ada@example",
            "@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\n",
            "ada@example.com,eve@example.com",
            "Ada <ada@example.com>",
            "\"ada\"@example.com",
            "ada@[127.0.0.1]",
            "ada@exämple.com",
            "ada\u{0}@example.com",
            &format!("{}@example.com", "a".repeat(65)),
            &format!("ada@{}.com", "a.".repeat(125)),
        ] {
            register(registration(email)).await.invalid(&["#/email"]);
        }
        for name in ["", " ", "Ada\r\nBcc: eve@example.com", "a\u{0}b", "\u{1b}[31m", &"x".repeat(101)] {
            let mut body = registration("ada@example.com");
            body["name"] = json!(name);
            register(body).await.invalid(&["#/name"]);
        }
        for path in ["/v1/users/activation-mail", "/v1/users/password-reset-mail"] {
            api.post(path).json(&json!({})).send().await.invalid(&["#/email"]);
            api.post(path).json(&json!({"email": "no address"})).send().await.invalid(&["#/email"]);
            api.post(path).json(&json!({"email": "ada@example.com", "to": "x"})).send().await.invalid(&["#/to"]);
        }
    });
}
