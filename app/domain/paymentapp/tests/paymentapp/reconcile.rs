//! Our books beside the provider's.

use apitest::run;
use paymentbus::Fault;
use serde_json::json;
use types::PaymentId;

use crate::samples::{Shop, eventually, shop, today};

async fn pays(shop: &Shop, token: &str) -> (orderbus::Order, PaymentId) {
    let order = shop.order().await;
    let paid = shop.pay(&order, &json!({"method": "card", "token": token})).send().await.expect(201).json();
    (order, PaymentId::parse(paid["id"].as_str().unwrap()).unwrap())
}

#[test]
fn books_that_fit_leave_nothing_to_say() {
    run(async {
        let shop = shop(1).await;
        pays(&shop, "tok_visa").await;
        pays(&shop, "tok_visa").await;
        let report = shop.payments.reconcile(today()).await.unwrap();
        assert!(report.is_right(), "{report:?}");
        assert_eq!((report.charges, report.payments, report.settled.len()), (2, 2, 0));
    });
}

#[test]
fn what_nobody_told_is_settled() {
    run(async {
        let shop = shop(1).await;
        shop.play(&json!({"notices": "none"})).await;
        let (order, payment_id) = pays(&shop, "tok_pending").await;
        eventually(|| async {
            let charges = shop.charges().await;
            (charges[0].status == cards::Status::Succeeded).then_some(())
        })
        .await;
        let report = shop.payments.reconcile(today()).await.unwrap();
        assert_eq!((report.settled.clone(), report.findings.len()), (vec![payment_id], 0), "{report:?}");
        assert_eq!(shop.status(&order).await, orderbus::Status::Paid);
        assert!(shop.payments.reconcile(today()).await.unwrap().settled.is_empty());
    });
}

#[test]
fn what_does_not_fit_is_found() {
    run(async {
        let shop = shop(1).await;
        shop.play(&json!({"notices": "none"})).await;
        // More than a page of good ones around the bad ones.
        for _ in 0..3 {
            pays(&shop, "tok_visa").await;
        }
        let stray = shop.charge(PaymentId::new(), 5, "tok_visa").await;
        shop.charge(PaymentId::new(), 5, "tok_declined").await;
        let (_, sent_back) = pays(&shop, "tok_visa").await;
        let charge = shop.provider.find(sent_back).await.unwrap().unwrap();
        shop.provider.refund(&charge.id, sent_back).await.unwrap();
        let (_, differs) = pays(&shop, "tok_visa").await;
        shop.api.spoil("UPDATE payments SET amount = 1 WHERE payment_id = (SELECT payment_id FROM payments ORDER BY created_at DESC LIMIT 1)").await;
        shop.api
            .spoil(
                "INSERT INTO payments SELECT '00000000-0000-7000-8000-0000000000ff', owner_id, NULL, 'card', 7, 'USD',
                    'succeeded', 'ch_none', NULL, 1, now(), now() FROM payments LIMIT 1",
            )
            .await;
        let unknown = PaymentId::parse("00000000-0000-7000-8000-0000000000ff").unwrap();
        let report = shop.payments.reconcile(today()).await.unwrap();
        let found: Vec<_> = report.findings.iter().map(|finding| (finding.fault, finding.payment_id)).collect();
        let expected = [
            (Fault::UnknownHere, stray.reference),
            (Fault::RefundedThere, sent_back),
            (Fault::Differs, differs),
            (Fault::UnknownThere, unknown),
        ];
        assert_eq!(found, expected);
        assert!(!report.is_right());
        assert_eq!((report.charges, report.payments), (7, 6));
    });
}

#[test]
fn books_of_many_pages_are_compared_to_the_end() {
    run(async {
        let shop = shop(1).await;
        for _ in 0..(2 * cards::PAGE + 1) {
            shop.charge(PaymentId::new(), 5, "tok_visa").await;
        }
        let report = shop.payments.reconcile(today()).await.unwrap();
        assert_eq!((report.charges, report.findings.len()), (201, 201));
    });
}
