//! What a body has to be.

use apitest::run;
use serde_json::json;

use crate::samples::shop;

#[test]
fn every_wrong_member_is_named() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        for (body, places) in [
            (json!({}), &["#/method"][..]),
            (json!({"method": "cheque"}), &["#/method"]),
            (json!({"method": "card"}), &["#/token"]),
            (json!({"method": "card", "token": null}), &["#/token"]),
            (json!({"method": "card", "token": ""}), &["#/token"]),
            (json!({"method": "card", "token": "a b"}), &["#/token"]),
            (json!({"method": "card", "token": "x".repeat(201)}), &["#/token"]),
            (json!({"method": "wallet", "token": "tok_visa"}), &["#/token"]),
            (json!({"method": 1, "token": 2, "amount": 3}), &["#/amount", "#/method", "#/token"]),
        ] {
            shop.pay(&order, &body).send().await.invalid(places);
        }
        let amount = |amount: serde_json::Value| json!({"amount": amount, "token": "tok_visa"});
        for (body, places) in [
            (json!({}), &["#/amount", "#/token"][..]),
            (amount(json!(5)), &["#/amount"]),
            (amount(json!({"amount": 0, "currency": "USD"})), &["#/amount/amount"]),
            (amount(json!({"amount": 1_000_000_000_000_i64, "currency": "USD"})), &["#/amount/amount"]),
            (amount(json!({"amount": 1.5, "currency": "usd"})), &["#/amount/amount", "#/amount/currency"]),
            (json!({"amount": {"amount": 1, "currency": "USD"}, "token": "t", "method": "wallet"}), &["#/method"]),
        ] {
            shop.post("/v1/wallet/deposits", &body).send().await.invalid(places);
        }
        assert_eq!(shop.count("SELECT count(*) FROM payments").await, 0);
        assert_eq!(shop.charges().await.len(), 0);
    });
}
