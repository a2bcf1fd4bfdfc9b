//! One key, one payment, one charge.

use apitest::{Answer, Standing, run};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use types::Role;

use crate::samples::shop;

/// How many were answered anew; all others are replays, or said that the first is being worked on.
fn fresh(answers: Vec<Answer>) -> usize {
    let mut fresh = 0;
    for answer in answers {
        match (answer.status(), answer.optional_header("idempotent-replayed")) {
            (201, None) => fresh += 1,
            (201, Some(_)) => {}
            _ => drop(answer.problem(409, "conflict")),
        }
    }
    fresh
}

#[test]
fn fifty_requests_with_one_key_over_two_instances_are_one_payment() {
    run(async {
        let shop = shop(2).await;
        let shop = &shop;
        shop.fill(5000).await;
        for body in [json!({"method": "card", "token": "tok_visa"}), json!({"method": "wallet"})] {
            let (order, body) = (shop.order().await, &body);
            let pay = |number: usize| {
                let pay = shop.pay(&order, body).key("\"once\"").on(number % 2);
                async move { pay.send().await }
            };
            // One key for all orders: the path is part of what it stands for.
            let key_is_free = body["method"] == "card";
            let answers: Vec<_> = stream::iter(0..50).map(pay).buffer_unordered(50).collect().await;
            if key_is_free {
                assert_eq!(fresh(answers), 1);
                assert_eq!(shop.status(&order).await, orderbus::Status::Paid);
            } else {
                for answer in answers {
                    // Of those at once, all but one are told to wait.
                    match answer.status() {
                        409 => drop(answer.problem(409, "conflict")),
                        _ => drop(answer.problem(422, "idempotency-key-reused")),
                    }
                }
                assert_eq!(shop.status(&order).await, orderbus::Status::Pending);
            }
        }
        assert_eq!((shop.charges().await.len(), shop.house().await), (1, [-999 - 5000, 0, 999]));
        assert_eq!(shop.count("SELECT count(*) FROM payments").await, 1);
        let told = "SELECT count(*) FROM events WHERE entity = 'payment' AND action = 'created'";
        assert_eq!(shop.count(told).await, 1);
    });
}

#[test]
fn a_key_is_its_owner_s_and_stands_for_one_payload() {
    run(async {
        let shop = shop(1).await;
        let other = shop.api.add("other-buyer@example.com", &[Role::Customer], Standing::Active).await;
        let body = json!({"method": "card", "token": "tok_visa"});
        let (mine, theirs) = (shop.order().await, shop.order_of(&other).await);
        shop.pay(&mine, &body).key("same").send().await.expect(201);
        let their = shop.api.post(format!("/v1/orders/{}/payment", theirs.id)).bearer(&shop.api.token_of(&other));
        their.json(&body).key("same").send().await.expect(201);
        let changed = shop.pay(&mine, &json!({"method": "card", "token": "tok_declined"})).key("same");
        changed.send().await.problem(422, "idempotency-key-reused");
        shop.pay(&mine, &body).no_key().send().await.problem(400, "bad-request");
        assert_eq!(shop.charges().await.len(), 2);
    });
}

#[test]
fn a_repetition_is_answered_as_the_first_was_whatever_became_of_it_since() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let pay = || shop.pay(&order, &json!({"method": "card", "token": "tok_pending_declined"})).key("pending");
        let pending = pay().send().await.expect(201);
        let path = format!("/v1/orders/{}/payment", order.id);
        let (shop, path) = (&shop, &path);
        crate::samples::eventually(|| async move {
            (shop.get(path).send().await.expect(200).json()["status"] == "failed").then_some(())
        })
        .await;
        // Also while nobody could be asked.
        shop.play(&json!({"answers": "none"})).await;
        let again = pay().send().await.expect(201);
        assert_eq!((again.body(), again.header("idempotent-replayed")), (pending.body(), "true"));
    });
}

/// What a payment began with is kept a little shorter than what it ended with.
#[test]
fn a_key_whose_beginning_is_forgotten_charges_nobody_again() {
    run(async {
        let shop = shop(1).await;
        let body = json!({"amount": {"amount": 700, "currency": "USD"}, "token": "tok_visa"});
        let deposit = || shop.post("/v1/wallet/deposits", &body).key("old");
        let first = deposit().send().await.expect(201);
        shop.api
            .spoil(
                "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE route LIKE '%(begun)'",
            )
            .await;
        assert_eq!(shop.count("SELECT count(*) FROM idempotency_keys WHERE route LIKE '%(begun)'").await, 1);
        assert_eq!(deposit().send().await.expect(201).body(), first.body());
        assert_eq!((shop.charges().await.len(), shop.available().await), (1, 700));
    });
}

#[test]
fn fifty_deposits_with_one_key_fill_the_wallet_once() {
    run(async {
        let shop = shop(2).await;
        let shop = &shop;
        let deposit = |number: usize| async move {
            let body = json!({"amount": {"amount": 700, "currency": "USD"}, "token": "tok_visa"});
            shop.post("/v1/wallet/deposits", &body).key("\"once\"").on(number % 2).send().await
        };
        let answers: Vec<_> = stream::iter(0..50).map(deposit).buffer_unordered(50).collect().await;
        assert_eq!(fresh(answers), 1);
        assert_eq!((shop.available().await, shop.charges().await.len()), (700, 1));
    });
}
