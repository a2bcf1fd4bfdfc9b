//! Orders that are taken back.

use orderbus::Step;
use paymentbus::{Error, MethodKind, Outcome, Status};
use types::Scope;

use crate::samples::{charge, paid, shop};

#[tokio::test]
async fn what_the_wallet_paid_is_in_the_wallet_again() {
    let shop = shop().await;
    shop.fill(1000).await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await.unwrap();
    shop.payments.settle(payment.id, &Outcome::Paid(None)).await.unwrap();
    assert_eq!(shop.stock().await, 999);
    let refunded = shop.payments.refund(order.id, None).await.unwrap();
    assert_eq!(refunded.status, orderbus::Status::Refunded);
    assert_eq!((shop.stock().await, shop.wallet().await, shop.house().await), (1000, (1000, 0), [-1000, 0, 0]));
    let payment = shop.payments.query_by_id(Scope::Any, payment.id).await.unwrap();
    assert_eq!(payment.status, Status::Refunded);
    let again = shop.payments.refund(order.id, None).await;
    assert!(matches!(again, Err(Error::Order(orderbus::Error::IllegalStep { step: Step::Refund, .. }))));
    assert_eq!(shop.wallet().await, (1000, 0));
}

#[tokio::test]
async fn what_a_card_paid_is_owed_to_it_until_it_is_back() {
    let shop = shop().await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Card).await.unwrap();
    shop.payments.settle(payment.id, &paid("ch_1")).await.unwrap();
    shop.payments.refund(order.id, None).await.unwrap();
    assert_eq!((shop.stock().await, shop.house().await), (1000, [-999, 999, 0]));
    assert_eq!(shop.count("SELECT count(*) FROM jobs WHERE name = 'payments.return'").await, 1);
    let away = shop.payments.send_back(payment.id).await;
    assert!(matches!(away, Err(Error::Provider(_))), "it is tried again");
    shop.payments.settle(payment.id, &Outcome::Returned(charge("ch_1"))).await.unwrap();
    assert_eq!(shop.house().await, [0, 0, 0]);
    shop.payments.send_back(payment.id).await.unwrap();
}

#[tokio::test]
async fn only_what_was_paid_goes_back() {
    let shop = shop().await;
    let order = shop.order().await;
    let refused = shop.payments.refund(order.id, None).await;
    assert!(matches!(refused, Err(Error::Order(orderbus::Error::IllegalStep { .. }))));
    let stale = shop.payments.refund(order.id, Some(order.version.next())).await;
    assert!(matches!(stale, Err(Error::Order(orderbus::Error::EditConflict { .. }))));
    // Paid in a way that left no payment: nobody knows where the money would go.
    shop.database.execute("UPDATE orders SET status = 'paid'").await;
    assert!(matches!(shop.payments.refund(order.id, None).await, Err(Error::NoPayment)));
    assert_eq!((shop.status(&order).await, shop.stock().await), (orderbus::Status::Paid, 999));
}
