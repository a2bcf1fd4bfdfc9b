//! POST /v1/users/{id}/password.

use apitest::{PASSWORD, Standing, run};
use futures_util::future::join_all;
use serde_json::{Value, json};
use types::{Role, UserId};

use crate::ground::{Postman, account, me, path, refused_soon, session, sessions, signs_in, start, start_forgetful};

const NEW: &str = "eight analytical engines";

fn change(current: &str, password: &str) -> Value {
    json!({"current_password": current, "password": password})
}

#[test]
fn who_changes_their_password_stays_in_here_and_is_out_elsewhere() {
    run(async {
        let api = start_forgetful(2).await;
        let postman = Postman::of(&api);
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let ((here, here_refresh), (elsewhere, elsewhere_refresh)) =
            (session(&api, &ada).await, session(&api, &ada).await);
        for instance in [0, 1] {
            me(&api, instance, &elsewhere).await.expect(200);
        }
        let path = format!("/v1/users/{}/password", ada.id);
        let done = api.post(&path).bearer(&here).json(&change(PASSWORD, NEW)).send().await.expect(204);
        assert_eq!(done.header("cache-control"), "no-store");
        assert!(signs_in(&api, "ada@example.com", NEW).await);
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);
        refused_soon(&api, 2, &elsewhere).await;
        for instance in [0, 1] {
            me(&api, instance, &here).await.expect(200);
        }
        let sessions = sessions(&api);
        assert!(sessions.refresh(&elsewhere_refresh, Default::default()).await.is_err());
        assert!(sessions.refresh(&here_refresh, Default::default()).await.is_ok());
        let told = postman.mails("ada@example.com", 1).await;
        assert!(!told[0].text.contains(NEW) && !told[0].text.contains(PASSWORD), "{}", told[0].text);
    });
}

#[test]
fn the_current_password_is_needed_and_the_new_one_must_be_good() {
    run(async {
        let api = start(1).await;
        let path = format!("{}/password", path(&account(&api, Role::Customer).await));
        let send = async |body: Value| api.post(&path).by(Role::Customer).json(&body).send().await;
        for wrong in ["", "wrong horse battery", "MARQUEE-TEST-ONLY", &format!("{PASSWORD} "), &"x".repeat(1024)] {
            send(change(wrong, NEW)).await.invalid(&["#/current_password"]);
        }
        for weak in ["short", "password123", "customer-0@example.com", &"x".repeat(129)] {
            send(change(PASSWORD, weak)).await.invalid(&["#/password"]);
        }
        send(json!({})).await.invalid(&["#/current_password", "#/password"]);
        send(json!({"current_password": null, "password": 7})).await.invalid(&["#/current_password", "#/password"]);
        send(json!({"password": NEW})).await.invalid(&["#/current_password"]);
        let mut extra = change(PASSWORD, NEW);
        extra["sign_out"] = json!(false);
        send(extra).await.invalid(&["#/sign_out"]);
        send(change("a\u{0}b", NEW)).await.invalid(&["#/current_password"]);
        assert!(signs_in(&api, "customer-0@example.com", PASSWORD).await);
    });
}

#[test]
fn an_admin_sets_the_password_of_somebody_with_their_own_and_ends_all_their_sessions() {
    run(async {
        let api = start_forgetful(2).await;
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let root = api.add("root@example.com", &[Role::Admin], Standing::Active).await;
        let ((adas, refresh), (roots, _)) = (session(&api, &ada).await, session(&api, &root).await);
        me(&api, 1, &adas).await.expect(200);
        let path = format!("/v1/users/{}/password", ada.id);
        let own = format!("/v1/users/{}/password", root.id);
        api.post(&own).bearer(&roots).json(&change(PASSWORD, "nine analytical engines")).send().await.expect(204);
        // Now the two have different passwords: it is the admin's that counts.
        let set = |current: &str| api.post(&path).bearer(&roots).json(&change(current, NEW)).send();
        set(PASSWORD).await.invalid(&["#/current_password"]);
        assert!(signs_in(&api, "ada@example.com", PASSWORD).await);
        set("nine analytical engines").await.expect(204);
        assert!(signs_in(&api, "ada@example.com", NEW).await);
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);
        refused_soon(&api, 2, &adas).await;
        assert!(sessions(&api).refresh(&refresh, Default::default()).await.is_err());
        me(&api, 0, &roots).await.expect(200);
    });
}

#[test]
fn nobody_but_an_admin_touches_the_password_of_somebody_else_or_learns_of_them() {
    run(async {
        let api = start(1).await;
        let hidden = format!("{}/password", path(&account(&api, Role::Customer).await));
        let missing = format!("/v1/users/{}/password", UserId::new());
        for role in [Role::Editor, Role::Support] {
            // The same whether or not the caller's own password is right.
            for current in [PASSWORD, "wrong horse battery"] {
                let body = change(current, NEW);
                let hidden = api.post(&hidden).by(role).json(&body).send().await.problem(404, "not-found").json();
                let absent = api.post(&missing).by(role).json(&body).send().await.problem(404, "not-found").json();
                assert_eq!(hidden["detail"], absent["detail"], "{role}");
            }
        }
        let other = api.post(&hidden).by_second(Role::Customer).json(&change(PASSWORD, NEW));
        other.send().await.problem(404, "not-found");
        assert!(signs_in(&api, "customer-0@example.com", PASSWORD).await);
        api.post(&missing).by(Role::Admin).json(&change(PASSWORD, NEW)).send().await.problem(404, "not-found");
        let wrong = change("wrong horse battery", NEW);
        api.post(&missing).by(Role::Admin).json(&wrong).send().await.invalid(&["#/current_password"]);
    });
}

#[test]
fn a_token_of_no_session_keeps_none() {
    run(async {
        let api = start(1).await;
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let (_, refresh) = session(&api, &ada).await;
        let path = format!("/v1/users/{}/password", ada.id);
        api.post(&path).bearer(&api.token_of(&ada)).json(&change(PASSWORD, NEW)).send().await.expect(204);
        assert!(sessions(&api).refresh(&refresh, Default::default()).await.is_err());
    });
}

#[test]
fn of_changes_at_once_one_wins_and_the_others_are_told() {
    run(async {
        let api = start(2).await;
        let path = format!("{}/password", path(&account(&api, Role::Customer).await));
        let changes = (10..30).map(|number| {
            let body = change(PASSWORD, &format!("{number} analytical engines"));
            api.post(&path).on(number % 2).by(Role::Customer).json(&body).send()
        });
        let mut winners = Vec::new();
        for (number, answer) in join_all(changes).await.into_iter().enumerate() {
            match answer.status() {
                204 => winners.push(number + 10),
                // Beaten before its own password was checked, or after.
                409 => {}
                _ => drop(answer.invalid(&["#/current_password"])),
            }
        }
        assert_eq!(winners.len(), 1);
        assert!(signs_in(&api, "customer-0@example.com", &format!("{} analytical engines", winners[0])).await);
    });
}
