//! Orders that are paid for.

use apitest::run;
use serde_json::json;
use types::Role;

use crate::samples::{failed, shop};

#[test]
fn an_order_is_paid_from_the_wallet() {
    run(async {
        let shop = shop(1).await;
        shop.fill(1500).await;
        let order = shop.order().await;
        let paid = shop.pay(&order, &json!({"method": "wallet"})).send().await.expect(201);
        let path = format!("/v1/orders/{}/payment", order.id);
        assert_eq!(paid.header("location"), path);
        let shown = paid.json();
        let mut expected = json!({
            "owner_id": shop.buyer.id.to_string(), "order_id": order.id.to_string(), "method": "wallet",
            "amount": {"amount": 999, "currency": "USD"}, "status": "succeeded", "reason": null, "version": 2,
        });
        for name in ["id", "created_at", "updated_at"] {
            expected[name] = shown[name].clone();
        }
        assert_eq!(shown, expected);
        let read = shop.get(&path).send().await.expect(200);
        assert_eq!((read.json(), read.etag()), (expected, paid.etag()));
        assert_eq!((shop.status(&order).await, shop.available().await), (orderbus::Status::Paid, 501));
        let again = shop.pay(&order, &json!({"method": "wallet"})).send().await.problem(409, "conflict").json();
        assert_eq!(again["detail"], "an order that is paid cannot be paid");
        shop.api.get(&path).by_second(Role::Customer).send().await.problem(404, "not-found");
        shop.api.get(&path).by(Role::Support).send().await.expect(200);
    });
}

#[test]
fn an_order_is_paid_by_card() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let paid = shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).send().await.expect(201).json();
        assert_eq!((&paid["status"], &paid["method"]), (&json!("succeeded"), &json!("card")));
        assert!(!paid.to_string().contains("tok_visa"));
        assert_eq!((shop.status(&order).await, shop.house().await), (orderbus::Status::Paid, [-999, 0, 999]));
        assert_eq!(shop.charges().await.len(), 1);
        assert_eq!(shop.count("SELECT count(*) FROM idempotency_keys WHERE body::text LIKE '%tok_visa%'").await, 0);
    });
}

#[test]
fn a_declined_card_is_told_and_another_one_pays() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        for (token, reason) in
            [("tok_declined", "card_declined"), ("tok_insufficient", "insufficient_funds"), ("tok_1", "invalid_token")]
        {
            let pay = || shop.pay(&order, &json!({"method": "card", "token": token})).key(token);
            failed(pay().send().await, reason);
            failed(pay().send().await, reason);
        }
        assert_eq!(shop.charges().await.len(), 3, "what was declined is not asked for again");
        assert_eq!(shop.status(&order).await, orderbus::Status::Pending);
        let last = shop.get(format!("/v1/orders/{}/payment", order.id)).send().await.expect(200).json();
        assert_eq!((&last["status"], &last["reason"]), (&json!("failed"), &json!("invalid_token")));
        shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).send().await.expect(201);
        assert_eq!(shop.house().await, [-999, 0, 999]);
    });
}

#[test]
fn who_lacks_the_money_is_told_how_much_there_is() {
    run(async {
        let shop = shop(1).await;
        shop.fill(998).await;
        let order = shop.order().await;
        let refused = shop.pay(&order, &json!({"method": "wallet"})).send().await.problem(409, "conflict").json();
        assert_eq!(refused["detail"], "there is not enough money: 998 USD are left");
        assert_eq!((shop.status(&order).await, shop.available().await), (orderbus::Status::Pending, 998));
        shop.get(format!("/v1/orders/{}/payment", order.id)).send().await.problem(404, "not-found");
    });
}

#[test]
fn what_takes_its_time_is_pending_until_it_is_decided() {
    run(async {
        let shop = shop(2).await;
        let (good, bad) = (shop.order().await, shop.order().await);
        let pay = shop.pay(&good, &json!({"method": "card", "token": "tok_pending"})).key("good");
        let pending = pay.send().await.expect(201);
        assert_eq!(pending.json()["status"], "pending");
        shop.until(&good, orderbus::Status::Paid).await;
        let pay = shop.pay(&good, &json!({"method": "card", "token": "tok_pending"})).key("good");
        let replayed = pay.send().await.expect(201);
        assert_eq!((replayed.json(), replayed.header("idempotent-replayed")), (pending.json(), "true"));

        shop.pay(&bad, &json!({"method": "card", "token": "tok_pending_declined"})).send().await.expect(201);
        let path = format!("/v1/orders/{}/payment", bad.id);
        let path = &path;
        let shop = &shop;
        let last = crate::samples::eventually(|| async move {
            let last = shop.get(path).send().await.expect(200).json();
            (last["status"] != "pending").then_some(last)
        })
        .await;
        assert_eq!((&last["status"], &last["reason"]), (&json!("failed"), &json!("card_declined")));
        assert_eq!(shop.status(&bad).await, orderbus::Status::Pending);
        assert_eq!(shop.house().await, [-999, 0, 999]);
    });
}

#[test]
fn another_s_order_is_not_there() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let body = json!({"method": "wallet"});
        let path = format!("/v1/orders/{}/payment", order.id);
        shop.api.post(&path).by(Role::Customer).json(&body).send().await.problem(404, "not-found");
        for role in [Role::Admin, Role::Editor, Role::Support] {
            shop.api.post(&path).by(role).json(&body).send().await.problem(403, "forbidden");
        }
        shop.api.post(&path).json(&body).no_one().send().await.problem(401, "unauthorized");
    });
}
