//! Guessing, slowed down.

use apitest::{Answer, Api, PASSWORD, Standing, run};
use brakes::Brakes;
use serde_json::json;
use types::Role;

use crate::ground::{login, pair, refresh};

/// So many instances, with brakes that they share.
async fn start(instances: usize) -> Api {
    let api = Api::start_with(instances, auth::STATE_LIFETIME, |instance| {
        let brakes = Brakes::new(instance.db.clone());
        vec![authapp::routes(instance.db, instance.authenticator, instance.users, brakes)]
    })
    .await;
    api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
    api
}

async fn sign_in(api: &Api, instance: usize, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    api.post("/v1/auth/login").on(instance).json(&body).send().await
}

#[test]
fn who_guesses_is_told_to_wait_by_every_instance_and_a_right_password_changes_nothing() {
    run(async {
        let api = start(2).await;
        for guess in 0..10 {
            sign_in(&api, guess % 2, "ada@example.com", "wrong horse battery").await.problem(401, "unauthorized");
        }
        for instance in [0, 1] {
            for password in ["wrong horse battery", PASSWORD] {
                let refused = sign_in(&api, instance, "Ada@Example.com", password).await.problem(429, "quota-exceeded");
                let seconds: u64 = refused.header("retry-after").parse().unwrap();
                assert!((1..=30).contains(&seconds), "{refused}");
                assert_eq!(refused.header("cache-control"), "no-store");
            }
        }
        // Nobody else has to wait.
        login(&api, "customer-0@example.com").await;
    });
}

#[test]
fn an_account_that_is_not_there_is_braked_as_one_that_is() {
    run(async {
        let api = start(1).await;
        api.add("dormant@example.com", &[], Standing::Dormant).await;
        api.add("disabled@example.com", &[], Standing::Disabled).await;
        let mut seen = Vec::new();
        for email in ["ada@example.com", "nobody@example.com", "dormant@example.com", "disabled@example.com"] {
            let mut answers = Vec::new();
            for _ in 0..11 {
                let answer = sign_in(&api, 0, email, "wrong horse battery").await;
                answers.push((answer.status(), answer.without_ids(), answer.optional_header("retry-after").is_some()));
            }
            assert_eq!(
                answers.iter().map(|answer| answer.0).collect::<Vec<_>>(),
                [[401; 10].as_slice(), &[429]].concat()
            );
            seen.push(answers);
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:#?}");
    });
}

#[test]
fn whoever_signs_in_is_not_counted() {
    run(async {
        let api = start(2).await;
        for attempt in 0..25 {
            sign_in(&api, attempt % 2, "ada@example.com", PASSWORD).await.expect(201);
        }
        // Nor is what was no sign-in at all.
        for _ in 0..25 {
            sign_in(&api, 0, "ada@example.com", &"x".repeat(2000)).await.problem(422, "invalid");
        }
        sign_in(&api, 1, "ada@example.com", "wrong horse battery").await.problem(401, "unauthorized");
    });
}

#[test]
fn refresh_tokens_cannot_be_tried_in_masses_and_good_ones_are_not_counted() {
    run(async {
        let api = start(2).await;
        let mut session = login(&api, "ada@example.com").await;
        for turn in 0..70 {
            session = pair(&refresh(&api, turn % 2, &session.refresh).await.expect(201));
        }
        let mut tried = 0;
        let refused = loop {
            let answer = refresh(&api, tried % 2, &format!("{tried:A>43}")).await;
            match answer.status() {
                401 => tried += 1,
                _ => break answer.problem(429, "quota-exceeded"),
            }
            assert!(tried < 1000, "nothing brakes");
        };
        assert!(tried >= 60, "{tried}");
        assert_eq!(refused.header("retry-after"), "1");
    });
}
