//! A provider that is away, slow, or whose answers get lost.

use apitest::run;
use chrono::TimeDelta;
use serde_json::json;

use crate::samples::{eventually, shop, today};

#[test]
fn what_was_asked_of_a_provider_that_is_away_is_asked_again_under_the_same_key() {
    run(async {
        let shop = shop(2).await;
        let order = shop.order().await;
        shop.play(&json!({"answers": "none"})).await;
        let pay = |instance| shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).key("mine").on(instance);
        let away = pay(0).send().await.problem(503, "unavailable");
        assert!(away.optional_header("retry-after").is_some());
        let other = shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).key("other");
        let other = other.send().await.problem(409, "conflict").json();
        assert_eq!(other["detail"], "another payment for this order is not decided yet");
        shop.play(&json!({})).await;
        assert_eq!(pay(1).send().await.expect(201).json()["status"], "succeeded");
        assert_eq!((shop.status(&order).await, shop.charges().await.len()), (orderbus::Status::Paid, 1));
    });
}

#[test]
fn a_provider_that_fails_is_asked_again_and_money_that_came_for_an_order_that_is_gone_goes_back() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let pay = || shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).key("mine");
        shop.play(&json!({"answers": "failing"})).await;
        pay().send().await.problem(503, "unavailable");
        shop.orders.cancel(types::Scope::Any, order.id, None).await.unwrap();
        shop.play(&json!({})).await;
        assert_eq!(pay().send().await.expect(201).json()["status"], "refunding");
        assert_eq!((shop.status(&order).await, shop.house().await), (orderbus::Status::Cancelled, [-999, 999, 0]));
    });
}

#[test]
fn an_answer_that_got_lost_is_one_charge() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        // The call is repeated with its key, and the second answer arrives.
        let paid = shop.pay(&order, &json!({"method": "card", "token": "tok_lost"})).send().await.expect(201).json();
        assert_eq!(paid["status"], "succeeded");
        assert_eq!((shop.charges().await.len(), shop.house().await), (1, [-999, 0, 999]));
    });
}

#[test]
fn an_answer_that_comes_too_late_is_made_up_for_by_the_notice() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let pay = || shop.pay(&order, &json!({"method": "card", "token": "tok_silent"})).key("mine");
        let first = pay().send().await;
        // The notice may have come first, in which case nothing is left to say but that.
        if first.status() != 201 {
            first.problem(503, "unavailable");
        }
        shop.until(&order, orderbus::Status::Paid).await;
        assert_eq!(pay().send().await.expect(201).json()["status"], "succeeded");
        assert_eq!((shop.charges().await.len(), shop.house().await), (1, [-999, 0, 999]));
    });
}

#[test]
fn a_notice_that_got_lost_is_made_up_for_by_asking() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        shop.play(&json!({"notices": "none"})).await;
        shop.pay(&order, &json!({"method": "card", "token": "tok_pending"})).send().await.expect(201);
        eventually(|| async {
            let charges = shop.charges().await;
            (charges[0].status == cards::Status::Succeeded).then_some(())
        })
        .await;
        assert_eq!(shop.status(&order).await, orderbus::Status::Pending, "nobody told");
        assert_eq!(shop.payments.look_after(types::now()).await.unwrap(), 0, "a notice may be on its way");
        assert_eq!(shop.payments.look_after(types::now() + TimeDelta::minutes(1)).await.unwrap(), 1);
        assert_eq!((shop.status(&order).await, shop.house().await), (orderbus::Status::Paid, [-999, 0, 999]));
    });
}

#[test]
fn what_is_refunded_is_back_at_the_card_however_often_it_is_sent() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let paid = shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).send().await.expect(201).json();
        let payment_id = types::PaymentId::parse(paid["id"].as_str().unwrap()).unwrap();
        // No notice: the answer alone has to do.
        shop.play(&json!({"answers": "none", "notices": "none"})).await;
        shop.payments.refund(order.id, None).await.unwrap();
        assert!(matches!(shop.payments.send_back(payment_id).await, Err(paymentbus::Error::Provider(_))));
        assert_eq!(shop.house().await, [-999, 999, 0]);
        shop.play(&json!({"notices": "none"})).await;
        shop.payments.send_back(payment_id).await.unwrap();
        shop.payments.send_back(payment_id).await.unwrap();
        assert_eq!(shop.house().await, [0, 0, 0]);
        assert_eq!(shop.charges().await[0].status, cards::Status::Refunded);
        let report = shop.payments.reconcile(today()).await.unwrap();
        assert!(report.is_right() && report.settled.is_empty(), "{report:?}");
    });
}
