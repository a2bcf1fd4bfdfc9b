//! Getting back into an account whose password is forgotten.

use apitest::{Api, PASSWORD, Standing, run};
use futures_util::future::join_all;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use types::{Role, SecretToken};

use crate::ground::{Postman, me, refused_soon, session, sessions, signs_in, start, start_forgetful};

const NEW: &str = "eight analytical engines";

async fn ask(api: &Api, email: &str) {
    api.post("/v1/users/password-reset-mail").json(&json!({ "email": email })).send().await.expect(202);
}

fn reset(token: &str, password: &str) -> Value {
    json!({"token": token, "password": password})
}

#[test]
fn a_mailed_token_sets_another_password_and_ends_every_session() {
    run(async {
        let api = start_forgetful(2).await;
        let postman = Postman::of(&api);
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let (access, refresh) = session(&api, &ada).await;
        for instance in [0, 1] {
            me(&api, instance, &access).await.expect(200);
        }
        let asked = api.post("/v1/users/password-reset-mail").json(&json!({"email": "Ada@Example.com"}));
        assert_json_snapshot!(asked.send().await.expect(202).shown());
        let token = postman.token("ada@example.com", 1).await;
        assert!(signs_in(&api, "ada@example.com", PASSWORD).await, "asking alone changes nothing");

        let done = api.post("/v1/users/password-reset").json(&reset(&token, NEW)).send().await.expect(204);
        assert_eq!(done.header("cache-control"), "no-store");
        assert!(signs_in(&api, "ada@example.com", NEW).await);
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);
        assert!(sessions(&api).refresh(&refresh, Default::default()).await.is_err(), "at once");
        refused_soon(&api, 2, &access).await;
        let again = api.post("/v1/users/password-reset").json(&reset(&token, "nine analytical engines"));
        again.send().await.invalid(&["#/token"]);
        let told = postman.mails("ada@example.com", 2).await;
        assert!(!told[0].text.contains(NEW) && !told[0].text.contains("\"token\""), "{}", told[0].text);
    });
}

#[test]
fn a_refused_password_does_not_use_the_token_up() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        ask(&api, "editor-0@example.com").await;
        let token = postman.token("editor-0@example.com", 1).await;
        let send = async |body: Value| api.post("/v1/users/password-reset").json(&body).send().await;
        for weak in ["short", "password123", "editor-0@example.com", &"x".repeat(129)] {
            send(reset(&token, weak)).await.invalid(&["#/password"]);
        }
        send(json!({"token": token})).await.invalid(&["#/password"]);
        send(json!({})).await.invalid(&["#/password", "#/token"]);
        send(json!({"token": 7, "password": null})).await.invalid(&["#/password", "#/token"]);
        send(json!({"token": token, "password": NEW, "email": "x"})).await.invalid(&["#/email"]);
        assert!(signs_in(&api, "editor-0@example.com", PASSWORD).await);
        send(reset(&token, NEW)).await.expect(204);
    });
}

#[test]
fn every_token_that_does_not_reset_is_refused_alike() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        ask(&api, "editor-0@example.com").await;
        let used = postman.token("editor-0@example.com", 1).await;
        api.post("/v1/users/password-reset").json(&reset(&used, NEW)).send().await.expect(204);
        ask(&api, "editor-1@example.com").await;
        let late = postman.token("editor-1@example.com", 1).await;
        api.spoil("UPDATE user_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 s'")
            .await;
        let register = api.post("/v1/users").json(&crate::registration::registration("ada@example.com"));
        register.send().await.expect(202);
        let activation = postman.token("ada@example.com", 1).await;
        let unknown = SecretToken::generate().unwrap().expose();
        let mut seen = Vec::new();
        for token in
            [used, late.clone(), activation.clone(), unknown, String::new(), "x".to_owned(), format!("{late} ")]
        {
            let answer = api.post("/v1/users/password-reset").json(&reset(&token, NEW)).send().await;
            seen.push(answer.invalid(&["#/token"]).without_ids());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        // What it is for, it is still good for.
        api.post("/v1/users/activation").json(&json!({"token": activation})).send().await.expect(200);
    });
}

#[test]
fn one_token_resets_once_however_many_try() {
    run(async {
        let api = start(2).await;
        let postman = Postman::of(&api);
        ask(&api, "editor-0@example.com").await;
        let token = postman.token("editor-0@example.com", 1).await;
        let body = |number| reset(&token, &format!("{number} analytical engines"));
        let tries = (10..60).map(|n| api.post("/v1/users/password-reset").on(n % 2).json(&body(n)).send());
        let answers = join_all(tries).await;
        let won: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.status() == 204).collect();
        assert_eq!(won.len(), 1);
        let winner = format!("{} analytical engines", won[0].0 + 10);
        assert!(signs_in(&api, "editor-0@example.com", &winner).await);
        for answer in answers.into_iter().filter(|answer| answer.status() != 204) {
            answer.invalid(&["#/token"]);
        }
    });
}

#[test]
fn a_disabled_account_stays_disabled() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        api.add("disabled@example.com", &[], Standing::Disabled).await;
        ask(&api, "disabled@example.com").await;
        // The jobs are done in turn: a mail to somebody else comes after the one that does not come.
        ask(&api, "editor-0@example.com").await;
        postman.mails("editor-0@example.com", 1).await;
        for kept in postman.mails("disabled@example.com", 0).await {
            assert!(!kept.text.contains("\"token\""), "{}", kept.text);
        }
        assert!(!signs_in(&api, "disabled@example.com", PASSWORD).await);
    });
}
