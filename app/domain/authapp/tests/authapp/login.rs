//! POST /v1/auth/login.

use std::time::Duration;

use apitest::{Api, PASSWORD, Standing, run};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use types::{Email, Name, Role, Scope};
use userbus::{Business, Cost, Passwords, UpdateUser};

use crate::ground::{login, sessions, start, with_ada};

#[test]
fn the_right_password_gets_a_pair_that_nobody_may_keep_and_that_stands_for_the_user() {
    run(async {
        let api = with_ada(1).await;
        // Somebody of the same name elsewhere has nothing to do with it.
        let body = json!({"email": "Ada@Example.com", "password": PASSWORD});
        let answer = api.post("/v1/auth/login").json(&body).send().await.expect(201);
        assert_eq!(answer.header("cache-control"), "no-store");
        let pair = answer.json();
        assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(pair.as_object().unwrap().len(), 4);
        assert_eq!(pair["refresh_token"].as_str().unwrap().len(), 43);

        let sessions = sessions(&api, pair["access_token"].as_str().unwrap()).await;
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0]["current"], true);
    });
}

#[test]
fn every_way_to_fail_gets_the_same_answer_to_the_byte() {
    run(async {
        let api = with_ada(1).await;
        api.add("dormant@example.com", &[Role::Customer], Standing::Dormant).await;
        api.add("disabled@example.com", &[Role::Customer], Standing::Disabled).await;
        let mut seen = Vec::new();
        for (email, password) in [
            ("ada@example.com", "wrong horse battery"),
            ("nobody@example.com", PASSWORD),
            ("dormant@example.com", PASSWORD),
            ("dormant@example.com", "wrong horse battery"),
            ("disabled@example.com", PASSWORD),
            ("disabled@example.com", "wrong horse battery"),
            ("not an address", PASSWORD),
            ("", ""),
            ("ada@example.com", "short"),
            ("ada@example.com", ""),
            ("' OR 1=1 --", PASSWORD),
            ("ada@example.com\r\nX: y", PASSWORD),
            ("ada@example.com ", PASSWORD),
        ] {
            let body = json!({"email": email, "password": password});
            let answer = api.post("/v1/auth/login").json(&body).send().await.problem(401, "unauthorized");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"marquee\"");
            seen.push(answer.without_ids());
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
    });
}

#[test]
fn what_has_not_the_shape_of_a_sign_in_is_told_so() {
    run(async {
        let api = start(1).await;
        let login = async |body: Value| api.post("/v1/auth/login").json(&body).send().await;
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
fn a_key_keeps_no_tokens() {
    run(async {
        let api = with_ada(2).await;
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let mut pairs = Vec::new();
        for instance in [0, 1] {
            let login = api.post("/v1/auth/login").on(instance).key("\"one\"").json(&body);
            let answer = login.send().await.expect(201);
            assert_eq!(answer.optional_header("idempotent-replayed"), None);
            pairs.push(answer.json());
        }
        assert_ne!(pairs[0]["refresh_token"], pairs[1]["refresh_token"]);
        assert_ne!(pairs[0]["access_token"], pairs[1]["access_token"]);
    });
}

#[test]
fn who_signs_in_often_keeps_the_sessions_used_last() {
    run(async {
        let api = with_ada(1).await;
        let first = login(&api, "ada@example.com").await;
        let mut last = login(&api, "ada@example.com").await;
        for _ in 1..sessionbus::MOST {
            last = login(&api, "ada@example.com").await;
        }
        let list = api.get("/v1/auth/sessions?limit=100&total=true").bearer(&last.access).send().await.expect(200);
        assert_eq!(list.json()["total"], sessionbus::MOST);
        crate::ground::refresh(&api, 0, &first.refresh).await.problem(401, "unauthorized");
        crate::ground::refresh(&api, 0, &last.refresh).await.expect(201);
    });
}

/// Whoever changes a password ends the sessions of that moment: none may begin behind their back, with the password before.
#[test]
fn a_sign_in_that_meets_a_change_of_the_account_waits_for_it_and_is_refused() {
    run(async {
        let api = with_ada(1).await;
        let users = Business::new(api.db().clone());
        let ada = Email::parse("ada@example.com").unwrap();
        let ada = users.query_by_email(Scope::Any, &ada).await.unwrap();
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let mut attempt = Box::pin(api.post("/v1/auth/login").json(&body).send());
        let waiting = Mutex::new(&mut attempt);
        api.db()
            .transact(async |tx| {
                let update = UpdateUser { name: Name::parse("Ada King").ok(), ..UpdateUser::default() };
                users.with_tx(&tx).update(&ada, update).await.unwrap();
                // The password is right, and was so before the change began.
                let early = tokio::time::timeout(Duration::from_secs(2), &mut **waiting.lock().await).await;
                assert!(early.is_err(), "it did not wait: {early:?}");
                sessionbus::Business::new(tx.db()).revoke_all(ada.id, None).await.unwrap();
                Ok::<_, sqldb::Error>(())
            })
            .await
            .unwrap();
        attempt.await.problem(401, "unauthorized");
        let again = login(&api, "ada@example.com").await;
        assert_eq!(sessions(&api, &again.access).await.len(), 1);
    });
}

#[test]
fn a_machine_that_hashes_all_it_can_says_when_to_come_back() {
    run(async {
        let api = Api::start_with(1, auth::STATE_LIFETIME, |instance| {
            let users = Business::with_passwords(instance.db.clone(), Passwords::new(Cost::default(), 1, 0));
            vec![authapp::routes(instance.db, instance.authenticator, users, brakes::Brakes::off())]
        })
        .await;
        let body = json!({"email": "nobody@example.com", "password": PASSWORD});
        let attempt = || api.post("/v1/auth/login").json(&body).send();
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
