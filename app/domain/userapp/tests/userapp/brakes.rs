//! Mail to whoever did not ask for it, passwords and tokens that are guessed: slowed down.

use apitest::{Api, PASSWORD, Standing, run};
use brakes::Brakes;
use serde_json::{Value, json};
use types::Role;

use crate::ground::{Postman, account, path, signs_in};

const NEW: &str = "eight analytical engines";

/// So many instances, with brakes that they share.
async fn start(instances: usize) -> Api {
    Api::start_with(instances, auth::STATE_LIFETIME, |instance| {
        let brakes = Brakes::new(instance.db.clone());
        vec![userapp::routes(instance.db, instance.users, brakes)]
    })
    .await
}

#[test]
fn a_mailbox_gets_a_few_mails_however_many_are_asked_for_and_the_answers_tell_nothing() {
    run(async {
        let api = start(2).await;
        let postman = Postman::of(&api);
        let mut answers = Vec::new();
        for turn in 0..10 {
            for email in ["customer-0@example.com", "nobody@example.com"] {
                let body = json!({ "email": email });
                let asked = api.post("/v1/users/password-reset-mail").on(turn % 2).json(&body).send().await;
                answers.push(asked.expect(202).without_ids());
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        postman.mails("customer-0@example.com", 6).await;
        // Mails are made in the order in which they were asked for: those that came later are not on their way.
        api.post("/v1/users/password-reset-mail")
            .json(&json!({"email": "editor-0@example.com"}))
            .send()
            .await
            .expect(202);
        postman.mails("editor-0@example.com", 1).await;
        assert_eq!(postman.mails("customer-0@example.com", 6).await.len(), 6);
        assert!(postman.mails("nobody@example.com", 0).await.is_empty());
    });
}

#[test]
fn registrations_of_one_address_are_answered_alike_and_mailed_a_few_times() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let mut answers = Vec::new();
        for email in ["ada@example.com", "customer-0@example.com"] {
            for _ in 0..9 {
                let body = json!({"name": "Ada", "email": email, "password": NEW});
                answers.push(api.post("/v1/users").json(&body).send().await.expect(202).without_ids());
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        postman.mails("customer-0@example.com", 6).await;
        postman.mails("ada@example.com", 6).await;
        api.post("/v1/users/password-reset-mail")
            .json(&json!({"email": "editor-0@example.com"}))
            .send()
            .await
            .expect(202);
        postman.mails("editor-0@example.com", 1).await;
        assert_eq!(postman.mails("ada@example.com", 6).await.len(), 6);
    });
}

#[test]
fn a_password_that_is_refused_uses_up_no_mail() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let register = |password: &str| {
            api.post("/v1/users").json(&json!({"name": "Ada", "email": "ada@example.com", "password": password}))
        };
        for _ in 0..120 {
            register("password123").send().await.invalid(&["#/password"]);
        }
        register(NEW).send().await.expect(202);
        postman.mails("ada@example.com", 1).await;
    });
}

#[test]
fn nobody_gets_into_an_account_by_registering_its_address_until_its_owner_is_mailed_no_more() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let register = async |password: &str| {
            let body = json!({"name": "Ada", "email": "ada@example.com", "password": password});
            api.post("/v1/users").json(&body).send().await.expect(202);
        };
        for _ in 0..8 {
            register("a password of a stranger").await;
        }
        let early = postman.token("ada@example.com", 6).await;
        // What the owner chooses is withheld from the mailbox; it is not lost for all that.
        register(NEW).await;
        let choice = postman.token("ada@example.com", 7).await;
        api.post("/v1/users/activation").json(&json!({ "token": early })).send().await.invalid(&["#/token"]);
        let body = json!({"token": choice, "password": NEW});
        api.post("/v1/users/password-reset").json(&body).send().await.expect(204);
        assert!(signs_in(&api, "ada@example.com", NEW).await);
        assert!(!signs_in(&api, "ada@example.com", "a password of a stranger").await);
    });
}

/// Each move tells whether the address is known, and has a mail sent to the one before.
#[test]
fn an_account_cannot_be_moved_from_address_to_address_in_masses() {
    run(async {
        let api = start(2).await;
        let user = account(&api, Role::Customer).await;
        let patch = |patch: Value| api.patch(path(&user)).by(Role::Customer).if_match("*").merge(&patch);
        for turn in 0..6 {
            match turn % 2 {
                0 => patch(json!({"email": "editor-0@example.com"})).send().await.problem(409, "conflict"),
                _ => patch(json!({"email": format!("ada-{turn}@example.com")})).send().await.expect(200),
            };
        }
        let unknown = patch(json!({"email": "unknown@example.com"})).on(1).send().await.problem(429, "quota-exceeded");
        let known = patch(json!({"email": "editor-0@example.com"})).send().await.problem(429, "quota-exceeded");
        assert_eq!(unknown.without_ids(), known.without_ids());
        // What moves nothing goes on; so does everyone else.
        patch(json!({"name": "Ada", "email": "ADA-5@example.com"})).send().await.expect(200);
        let other = account(&api, Role::Editor).await;
        let change = json!({"email": "grace@example.com"});
        api.patch(path(&other)).by(Role::Editor).if_match("*").merge(&change).send().await.expect(200);
    });
}

#[test]
fn who_has_mail_sent_to_many_is_told_to_wait() {
    run(async {
        let api = start(1).await;
        let mut asked = 0;
        let refused = loop {
            let body = json!({"email": format!("user{asked}@example.com")});
            let answer = api.post("/v1/users/activation-mail").json(&body).send().await;
            match answer.status() {
                202 => asked += 1,
                _ => break answer.problem(429, "quota-exceeded"),
            }
            assert!(asked < 1000, "nothing brakes");
        };
        assert!((100..120).contains(&asked), "{asked}");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 10);
    });
}

#[test]
fn whoever_holds_a_token_cannot_guess_the_password_behind_it() {
    run(async {
        let api = start(2).await;
        let path = format!("{}/password", path(&account(&api, Role::Customer).await));
        let send = async |instance: usize, current: &str, new: &str| {
            let body: Value = json!({"current_password": current, "password": new});
            api.post(&path).on(instance).by(Role::Customer).json(&body).send().await
        };
        // The right one with a new one that is none is no guess.
        for _ in 0..12 {
            send(0, PASSWORD, "short").await.invalid(&["#/password"]);
        }
        for guess in 0..10 {
            send(guess % 2, "wrong horse battery", NEW).await.invalid(&["#/current_password"]);
        }
        let refused = send(1, PASSWORD, NEW).await.problem(429, "quota-exceeded");
        assert!((1..=30).contains(&refused.header("retry-after").parse::<u64>().unwrap()), "{refused}");
        assert!(signs_in(&api, "customer-0@example.com", PASSWORD).await);
        // It is their own matter.
        let other = account(&api, Role::Editor).await;
        let body = json!({"current_password": PASSWORD, "password": NEW});
        let change = api.post(format!("{}/password", crate::ground::path(&other))).by(Role::Editor).json(&body);
        change.send().await.expect(204);
    });
}

#[test]
fn mailed_tokens_cannot_be_tried_in_masses() {
    run(async {
        let api = start(1).await;
        api.add("ada@example.com", &[], Standing::Dormant).await;
        let mut tried = 0;
        loop {
            let token = format!("{tried:A>43}");
            let (route, body) = match tried % 2 {
                0 => ("/v1/users/activation", json!({ "token": token })),
                _ => ("/v1/users/password-reset", json!({"token": token, "password": NEW})),
            };
            let answer = api.post(route).json(&body).send().await;
            if answer.status() == 429 {
                break;
            }
            answer.invalid(&["#/token"]);
            tried += 1;
            assert!(tried < 1000, "nothing brakes");
        }
        assert!(tried >= 60, "{tried}");
    });
}
