//! Wallets that are filled by card.

use apitest::run;
use serde_json::json;
use types::Role;

use crate::samples::{failed, shop};

#[test]
fn a_deposit_is_in_the_wallet_when_the_card_was_charged() {
    run(async {
        let shop = shop(1).await;
        let body = json!({"amount": {"amount": 2500, "currency": "USD"}, "token": "tok_visa"});
        let made = shop.post("/v1/wallet/deposits", &body).send().await.expect(201);
        let shown = made.json();
        assert_eq!(made.header("location"), format!("/v1/wallet/deposits/{}", shown["id"].as_str().unwrap()));
        assert_eq!(made.header("cache-control"), "no-store");
        let facts = ["order_id", "method", "status", "amount"].map(|name| shown[name].clone());
        assert_eq!(facts, [json!(null), json!("card"), json!("succeeded"), json!({"amount": 2500, "currency": "USD"})]);
        assert_eq!(shop.get(made.header("location")).send().await.expect(200).json(), shown);
        shop.api.get(made.header("location")).by(Role::Customer).send().await.problem(404, "not-found");
        assert_eq!((shop.available().await, shop.house().await), (2500, [-2500, 0, 0]));
        failed(
            shop.post(
                "/v1/wallet/deposits",
                &json!({"amount": {"amount": 1, "currency": "USD"}, "token": "tok_declined"}),
            )
            .send()
            .await,
            "card_declined",
        );
        assert_eq!(shop.available().await, 2500, "no money out of nothing");
    });
}

#[test]
fn a_payment_of_an_order_is_no_deposit() {
    run(async {
        let shop = shop(1).await;
        let order = shop.order().await;
        let paid = shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).send().await.expect(201).json();
        let path = format!("/v1/wallet/deposits/{}", paid["id"].as_str().unwrap());
        shop.get(path).send().await.problem(404, "not-found");
    });
}
