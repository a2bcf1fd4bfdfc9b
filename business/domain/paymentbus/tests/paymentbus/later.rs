//! Payments that somebody began and did not end.

use chrono::TimeDelta;
use paymentbus::{Error, MethodKind, Status};
use types::Scope;

use crate::samples::shop;

#[tokio::test]
async fn money_that_somebody_held_and_forgot_is_released() {
    let shop = shop().await;
    shop.fill(1000).await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await.unwrap();
    let soon = payment.created_at + TimeDelta::minutes(4);
    assert_eq!(shop.payments.look_after(soon).await.unwrap(), 0);
    assert_eq!(shop.wallet().await, (1, 999));
    let later = payment.created_at + TimeDelta::minutes(6);
    assert_eq!(shop.payments.look_after(later).await.unwrap(), 1);
    assert_eq!(shop.wallet().await, (1000, 0));
    let failed = shop.payments.query_by_id(Scope::Any, payment.id).await.unwrap();
    assert_eq!((failed.status, failed.reason.unwrap().as_str()), (Status::Failed, "abandoned"));
    assert_eq!(shop.payments.look_after(later).await.unwrap(), 0);
}

/// More than are read at a time, of which nothing is known, before one of which something is.
#[tokio::test]
async fn payments_that_stay_undecided_keep_no_other_waiting() {
    let shop = shop().await;
    shop.fill(1000).await;
    let amount = types::Amount::parse(crate::samples::cents(1)).unwrap();
    for _ in 0..120 {
        shop.payments.begin_deposit(crate::samples::buyer(), amount).await.unwrap();
    }
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await.unwrap();
    // Of a card nothing is known where there is no provider.
    let payments = paymentbus::Business::new(shop.database.db(), None);
    assert_eq!(payments.look_after(payment.created_at + TimeDelta::hours(1)).await.unwrap(), 1);
    assert_eq!(shop.wallet().await, (1000, 0));
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_no_wallet_waiting() {
    let shop = shop().await;
    shop.fill(1000).await;
    let (first, second) = (shop.order().await, shop.order().await);
    let by_card = shop.payments.begin(Scope::Any, first.id, MethodKind::Card).await.unwrap();
    shop.payments.begin(Scope::Any, second.id, MethodKind::Wallet).await.unwrap();
    let later = by_card.created_at + TimeDelta::hours(1);
    assert!(matches!(shop.payments.look_after(later).await, Err(Error::Provider(_))));
    assert_eq!(shop.wallet().await, (1000, 0));
    let by_card = shop.payments.query_by_id(Scope::Any, by_card.id).await.unwrap();
    assert_eq!(by_card.status, Status::Pending, "nobody knows yet");
}
