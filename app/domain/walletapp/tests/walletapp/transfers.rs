//! Money that people send each other.

use apitest::{Standing, run};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use types::Role;

use crate::samples::{dollars, people, transfer};

#[test]
fn what_one_sends_the_other_gets() {
    run(async {
        let people = people(1).await;
        people.fill(&people.ada, dollars(1000)).await;
        let sent = people.send(&people.ada, &transfer(&people.bob, 300)).send().await.expect(201);
        let shown = sent.json();
        let expected = json!({
            "id": shown["id"], "from": people.ada.id.to_string(), "to": people.bob.id.to_string(),
            "amount": {"amount": 300, "currency": "USD"}, "created_at": shown["created_at"],
        });
        assert_eq!(shown, expected);
        let path = sent.header("location").to_owned();
        assert_eq!(path, format!("/v1/wallet/transfers/{}", shown["id"].as_str().unwrap()));
        for person in [&people.ada, &people.bob] {
            assert_eq!(people.get(person, &path).send().await.expect(200).json(), shown);
        }
        people.api.get(&path).by(Role::Admin).send().await.problem(404, "not-found");
        let wallet = people.get(&people.ada, "/v1/wallet").send().await.expect(200).json();
        let expected = json!({"owner_id": people.ada.id.to_string(), "balances": [
            {"available": {"amount": 700, "currency": "USD"}, "held": {"amount": 0, "currency": "USD"}},
        ]});
        assert_eq!(wallet, expected);
        let empty = people.api.get("/v1/wallet").by(Role::Editor).send().await.expect(200).json();
        assert_eq!(empty["balances"], json!([]));
    });
}

#[test]
fn what_cannot_be_sent_stays_where_it_is() {
    run(async {
        let people = people(1).await;
        people.fill(&people.ada, dollars(1000)).await;
        let gone = people.api.add("gone@example.com", &[Role::Customer], Standing::Disabled).await;
        let nobody = json!({"to": uuid::Uuid::now_v7(), "amount": {"amount": 1, "currency": "USD"}});
        for (body, detail) in [
            (transfer(&people.bob, 1001), "there is not enough money: 1000 USD are left"),
            (transfer(&people.ada, 1), "money cannot be sent to oneself"),
            (transfer(&gone, 1), "there is nobody with this id whom money can be sent to"),
            (nobody, "there is nobody with this id whom money can be sent to"),
        ] {
            let refused = people.send(&people.ada, &body).send().await.problem(409, "conflict").json();
            assert_eq!(refused["detail"], detail);
        }
        assert_eq!((people.available(&people.ada).await, people.available(&people.bob).await), (1000, 0));
    });
}

#[test]
fn fifty_requests_with_one_key_over_two_instances_are_one_transfer() {
    run(async {
        let people = people(2).await;
        people.fill(&people.ada, dollars(1000)).await;
        let people = &people;
        let send = |number: usize| async move {
            people.send(&people.ada, &transfer(&people.bob, 10)).key("\"once\"").on(number % 2).send().await
        };
        let answers: Vec<_> = stream::iter(0..50).map(send).buffer_unordered(50).collect().await;
        let mut fresh = 0;
        for answer in answers {
            match (answer.status(), answer.optional_header("idempotent-replayed")) {
                (201, None) => fresh += 1,
                (201, Some(_)) => {}
                _ => drop(answer.problem(409, "conflict")),
            }
        }
        assert_eq!((fresh, people.available(&people.bob).await), (1, 10));
        let other = people.send(&people.ada, &transfer(&people.bob, 11)).key("\"once\"");
        other.send().await.problem(422, "idempotency-key-reused");
        people.fill(&people.bob, dollars(1000)).await;
        people.send(&people.bob, &transfer(&people.ada, 10)).key("\"once\"").send().await.expect(201);
        people.send(&people.ada, &transfer(&people.bob, 10)).no_key().send().await.problem(400, "bad-request");
    });
}

#[test]
fn a_repetition_is_answered_as_the_first_was_when_the_receiver_is_gone_since() {
    run(async {
        let people = people(1).await;
        people.fill(&people.ada, dollars(1000)).await;
        let send = || people.send(&people.ada, &transfer(&people.bob, 10)).key("mine");
        let sent = send().send().await.expect(201);
        people.api.spoil("UPDATE users SET enabled = false WHERE email = 'bob@example.com'").await;
        let again = send().send().await.expect(201);
        assert_eq!((again.body(), again.header("idempotent-replayed")), (sent.body(), "true"));
        people.send(&people.ada, &transfer(&people.bob, 10)).send().await.problem(409, "conflict");
        people
            .send(&people.ada, &transfer(&people.bob, 11))
            .key("mine")
            .send()
            .await
            .problem(422, "idempotency-key-reused");
        assert_eq!(people.available(&people.bob).await, 10);
    });
}

/// Each under a key of its own, sent until the answer is definite, over two instances.
#[test]
fn of_a_thousand_transfers_at_once_as_many_succeed_as_there_is_money_for() {
    run(async {
        let people = people(2).await;
        people.fill(&people.ada, dollars(1000)).await;
        let people = &people;
        let send = |number: usize| async move {
            let key = format!("transfer-{number}");
            loop {
                let send = people.send(&people.ada, &transfer(&people.bob, 10)).key(&key).on(number % 2);
                let answer = send.send().await;
                let is_busy = answer.status() == 409 && answer.optional_header("retry-after").is_some();
                if !is_busy && !matches!(answer.status(), 503 | 504) {
                    return answer.status();
                }
            }
        };
        let answers: Vec<_> = stream::iter(0..1000).map(send).buffer_unordered(200).collect().await;
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 100);
        assert_eq!(answers.iter().filter(|status| **status == 409).count(), 900);
        assert_eq!((people.available(&people.ada).await, people.available(&people.bob).await), (0, 1000));
        assert!(people.wallets.audit().await.unwrap().is_right());
    });
}
