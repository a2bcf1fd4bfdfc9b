//! What a provider says, in whatever order.

use cards::{Charge, Reason};
use paymentbus::{Error, MethodKind, Outcome, Payment, Status};
use types::{PaymentId, Scope};

use crate::samples::{Shop, buyer, cents, charge, paid, refused, shop};

async fn begun(shop: &Shop) -> Payment {
    let order = shop.order().await;
    shop.payments.begin(Scope::Any, order.id, MethodKind::Card).await.unwrap()
}

fn said(payment: &Payment, status: cards::Status) -> Charge {
    Charge { id: charge("ch_1"), reference: payment.id, amount: payment.amount, status, created_at: payment.created_at }
}

#[tokio::test]
async fn what_is_said_twice_happens_once() {
    let shop = shop().await;
    let payment = begun(&shop).await;
    let pending = shop.payments.hear(said(&payment, cards::Status::Pending)).await.unwrap();
    assert_eq!((pending.status, pending.charge_id.as_ref()), (Status::Pending, Some(&charge("ch_1"))));
    let first = shop.payments.hear(said(&payment, cards::Status::Succeeded)).await.unwrap();
    let second = shop.payments.hear(said(&payment, cards::Status::Succeeded)).await.unwrap();
    let late = shop.payments.hear(said(&payment, cards::Status::Pending)).await.unwrap();
    assert_eq!((first.status, &second, &late), (Status::Succeeded, &first, &first));
    assert_eq!(shop.house().await, [-999, 0, 999]);
}

#[tokio::test]
async fn a_declined_card_leaves_the_order_as_it_is() {
    let shop = shop().await;
    let payment = begun(&shop).await;
    let declined = cards::Status::Declined(Reason::restore("insufficient_funds"));
    let failed = shop.payments.hear(said(&payment, declined)).await.unwrap();
    assert_eq!((failed.status, failed.reason.unwrap().as_str()), (Status::Failed, "insufficient_funds"));
    let order_id = payment.order_id().unwrap();
    assert_eq!(shop.orders.query_by_id(Scope::Any, order_id).await.unwrap().status, orderbus::Status::Pending);
    assert_eq!(shop.house().await, [0, 0, 0]);
    shop.payments.begin(Scope::Any, order_id, MethodKind::Card).await.unwrap();
}

#[tokio::test]
async fn money_that_comes_too_late_goes_back() {
    let shop = shop().await;
    // For an order that was given up, and for a payment that was.
    let (cancelled, failed) = (begun(&shop).await, begun(&shop).await);
    shop.orders.cancel(Scope::Any, cancelled.order_id().unwrap(), None).await.unwrap();
    shop.payments.settle(failed.id, &refused("ch_2")).await.unwrap();
    for (payment, name) in [(&cancelled, "ch_1"), (&failed, "ch_2")] {
        let late = shop.payments.settle(payment.id, &paid(name)).await.unwrap();
        assert_eq!((late.status, late.charge_id), (Status::Refunding, Some(charge(name))));
    }
    assert_eq!(shop.house().await, [-2 * 999, 2 * 999, 0]);
    assert_eq!(shop.count("SELECT count(*) FROM jobs WHERE name = 'payments.return'").await, 2);
    for (payment, name) in [(&cancelled, "ch_1"), (&failed, "ch_2")] {
        let returned = shop.payments.settle(payment.id, &Outcome::Returned(charge(name))).await.unwrap();
        assert_eq!(returned.status, Status::Refunded);
    }
    assert_eq!(shop.house().await, [0, 0, 0]);
}

#[tokio::test]
async fn what_the_provider_sent_back_before_anybody_heard_of_it_is_no_payment() {
    let shop = shop().await;
    let payment = begun(&shop).await;
    let failed = shop.payments.hear(said(&payment, cards::Status::Refunded)).await.unwrap();
    assert_eq!((failed.status, failed.reason.unwrap().as_str()), (Status::Failed, "returned"));
    assert_eq!(shop.house().await, [0, 0, 0]);
    shop.payments.begin(Scope::Any, payment.order_id().unwrap(), MethodKind::Card).await.unwrap();
}

#[tokio::test]
async fn a_charge_that_is_not_the_payment_s_changes_nothing() {
    let shop = shop().await;
    let payment = begun(&shop).await;
    let right = said(&payment, cards::Status::Succeeded);
    for wrong in [
        Charge { amount: cents(998), ..right.clone() },
        Charge {
            amount: types::Money { currency: types::Currency::parse("EUR").unwrap(), ..cents(999) },
            ..right.clone()
        },
    ] {
        assert!(matches!(shop.payments.hear(wrong).await, Err(Error::Mismatch { .. })));
    }
    let unknown = Charge { reference: PaymentId::new(), ..right.clone() };
    assert!(matches!(shop.payments.hear(unknown).await, Err(Error::NotFound)));
    shop.payments.hear(right.clone()).await.unwrap();
    let other = Charge { id: charge("ch_2"), ..right };
    assert!(matches!(shop.payments.hear(other).await, Err(Error::Mismatch { .. })), "one charge for a payment");
    assert_eq!(shop.house().await, [-999, 0, 999]);
}

#[tokio::test]
async fn a_deposit_fills_the_wallet_when_the_money_is_there() {
    let shop = shop().await;
    let amount = types::Amount::parse(cents(2500)).unwrap();
    let payment = shop.payments.begin_deposit(buyer(), amount).await.unwrap();
    assert_eq!(shop.wallet().await, (0, 0));
    shop.payments.settle(payment.id, &paid("ch_1")).await.unwrap();
    shop.payments.settle(payment.id, &paid("ch_1")).await.unwrap();
    assert_eq!((shop.wallet().await, shop.house().await), ((2500, 0), [-2500, 0, 0]));
}

#[tokio::test]
async fn a_card_needs_its_token_and_a_provider_that_answers() {
    let shop = shop().await;
    let payment = begun(&shop).await;
    assert!(matches!(shop.payments.ask(&payment, None).await, Err(Error::NoToken)));
    let token = cards::Token::parse("tok_visa").unwrap();
    assert!(matches!(shop.payments.ask(&payment, Some(&token)).await, Err(Error::Provider(_))));
    assert_eq!(shop.payments.query_by_id(Scope::Any, payment.id).await.unwrap(), payment, "it is still to be known");
}
