//! Notices of the provider, and of those who are not it.

use apitest::{Answer, run};
use cards::webhook::WireNotice;
use cards::wire::WireCharge;
use serde_json::json;
use types::PaymentId;

use crate::samples::{Shop, secret, shop};

/// Tells of a charge, signed for the moment `age` seconds ago.
async fn tell(shop: &Shop, charge: &WireCharge, age: i64, tamper: fn(String) -> String) -> Answer {
    let notice = WireNotice { kind: format!("charge.{}", charge.status), data: charge.clone() };
    let body = serde_json::to_string(&notice).unwrap();
    let timestamp = (types::now().timestamp() - age).to_string();
    let signature = secret().sign("msg_1", &timestamp, body.as_bytes());
    let request = shop.api.post("/v1/payments/notices").no_one().header("webhook-id", "msg_1");
    let request = request.header("webhook-timestamp", &timestamp).header("webhook-signature", &signature);
    request.body("application/json", tamper(body)).send().await
}

#[test]
fn only_what_the_provider_signed_now_is_believed() {
    run(async {
        let shop = shop(1).await;
        shop.play(&json!({"answers": "none"})).await;
        let order = shop.order().await;
        shop.pay(&order, &json!({"method": "card", "token": "tok_visa"})).send().await.problem(503, "unavailable");
        let last = shop.get(format!("/v1/orders/{}/payment", order.id)).send().await.expect(200).json();
        let charge = WireCharge {
            id: "ch_1".to_owned(),
            reference: last["id"].as_str().unwrap().parse().unwrap(),
            amount: 999,
            currency: "USD".to_owned(),
            status: "succeeded".to_owned(),
            reason: None,
            created_at: types::now(),
        };
        let as_it_is = |body| body;
        tell(&shop, &charge, 0, |body| body.replace("999", "998")).await.problem(403, "forbidden");
        tell(&shop, &charge, 310, as_it_is).await.problem(403, "forbidden");
        tell(&shop, &charge, -310, as_it_is).await.problem(403, "forbidden");
        let bare = shop.api.post("/v1/payments/notices").no_one().json(&json!({}));
        bare.send().await.problem(400, "bad-request");
        let unknown = WireCharge { reference: PaymentId::new().uuid(), ..charge.clone() };
        tell(&shop, &unknown, 0, as_it_is).await.problem(404, "not-found");
        let garbled = WireCharge { status: "surplus".to_owned(), ..charge.clone() };
        assert_eq!(tell(&shop, &garbled, 0, as_it_is).await.status(), 422);
        let cheap = WireCharge { amount: 1, ..charge.clone() };
        tell(&shop, &cheap, 0, as_it_is).await.problem(500, "internal");
        assert_eq!(shop.status(&order).await, orderbus::Status::Pending);

        for _ in 0..2 {
            tell(&shop, &charge, 0, as_it_is).await.expect(204);
        }
        let late = WireCharge { status: "pending".to_owned(), ..charge };
        tell(&shop, &late, 200, as_it_is).await.expect(204);
        assert_eq!((shop.status(&order).await, shop.house().await), (orderbus::Status::Paid, [-999, 0, 999]));
    });
}

#[test]
fn notices_that_come_twice_and_late_change_nothing_more() {
    run(async {
        let shop = shop(2).await;
        shop.play(&json!({"notices": "twice"})).await;
        for _ in 0..5 {
            let order = shop.order().await;
            shop.pay(&order, &json!({"method": "card", "token": "tok_pending"})).send().await.expect(201);
            shop.until(&order, orderbus::Status::Paid).await;
        }
        assert_eq!(shop.house().await, [-5 * 999, 0, 5 * 999]);
        let told = "SELECT count(*) FROM events WHERE entity = 'order' AND data -> 'changed' ? 'status' AND action = 'updated'";
        assert_eq!(shop.count(told).await, 5, "each order is paid once");
    });
}
