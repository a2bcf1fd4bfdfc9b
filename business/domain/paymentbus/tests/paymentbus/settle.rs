//! From the beginning of a payment to its end.

use futures_util::future::join_all;
use orderbus::Step;
use paymentbus::{Business, Error, MethodKind, Outcome, Status, Subject};
use types::{PaymentId, Scope, UserId};

use crate::samples::{away, buyer, cents, refused, shop};

#[tokio::test]
async fn an_order_is_paid_from_the_wallet() {
    let shop = shop().await;
    shop.fill(1500).await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Own(buyer()), order.id, MethodKind::Wallet).await.unwrap();
    assert_eq!(
        (payment.status, payment.amount, payment.subject),
        (Status::Pending, cents(999), Subject::Order(order.id))
    );
    assert_eq!((shop.wallet().await, shop.status(&order).await), ((501, 999), orderbus::Status::Pending));
    let outcome = shop.payments.ask(&payment, None).await.unwrap();
    let settled = shop.payments.settle(payment.id, &outcome).await.unwrap();
    assert_eq!((settled.status, settled.version), (Status::Succeeded, payment.version.next()));
    assert_eq!((shop.wallet().await, shop.status(&order).await), ((501, 0), orderbus::Status::Paid));
    assert_eq!(shop.house().await, [-1500, 0, 999]);
    assert_eq!(shop.payments.query_by_id(Scope::Own(buyer()), payment.id).await.unwrap(), settled);
    assert_eq!(shop.payments.query_by_order(Scope::Own(buyer()), order.id).await.unwrap(), settled);
    let stranger = Scope::Own(UserId::new());
    assert!(matches!(shop.payments.query_by_id(stranger, payment.id).await, Err(Error::NotFound)));
    assert!(matches!(shop.payments.query_by_order(stranger, order.id).await, Err(Error::NotFound)));
    let told = shop.count("SELECT count(*) FROM events WHERE entity = 'payment'").await;
    assert_eq!(told, 2, "that it began, and that it succeeded");
}

#[tokio::test]
async fn who_lacks_the_money_begins_nothing() {
    let shop = shop().await;
    shop.fill(998).await;
    let order = shop.order().await;
    let begun = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await;
    let Err(Error::Wallet(walletbus::Error::Insufficient { available })) = begun else { panic!("{begun:?}") };
    assert_eq!(available, cents(998));
    assert_eq!((shop.wallet().await, shop.status(&order).await), ((998, 0), orderbus::Status::Pending));
    assert_eq!(shop.count("SELECT count(*) FROM payments").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE entity = 'payment'").await, 0);
}

#[tokio::test]
async fn only_one_s_own_pending_order_is_paid_for_and_once_at_a_time() {
    let shop = shop().await;
    shop.fill(5000).await;
    let order = shop.order().await;
    let strange = shop.payments.begin(Scope::Own(UserId::new()), order.id, MethodKind::Wallet).await;
    assert!(matches!(strange, Err(Error::Order(orderbus::Error::NotFound))));
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Card).await.unwrap();
    for method in MethodKind::ALL {
        assert!(matches!(shop.payments.begin(Scope::Any, order.id, method).await, Err(Error::UnderWay)));
    }
    shop.payments.settle(payment.id, &refused("ch_1")).await.unwrap();
    let second = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await.unwrap();
    shop.payments.settle(second.id, &Outcome::Paid(None)).await.unwrap();
    let again = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await;
    assert!(matches!(again, Err(Error::Order(orderbus::Error::IllegalStep { step: Step::Pay, .. }))), "{again:?}");
    assert_eq!(shop.wallet().await, (4001, 0));
}

#[tokio::test]
async fn a_wallet_s_payment_for_an_order_that_is_gone_releases_the_money() {
    let shop = shop().await;
    shop.fill(1000).await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Wallet).await.unwrap();
    shop.orders.cancel(Scope::Any, order.id, None).await.unwrap();
    let settled = shop.payments.settle(payment.id, &Outcome::Paid(None)).await.unwrap();
    assert_eq!((settled.status, settled.reason.unwrap().as_str()), (Status::Failed, "order_gone"));
    assert_eq!((shop.wallet().await, shop.status(&order).await), ((1000, 0), orderbus::Status::Cancelled));
}

#[tokio::test]
async fn what_costs_nothing_is_paid_by_asking() {
    let shop = shop().await;
    shop.database.execute("UPDATE movies SET price_amount = 0").await;
    for method in MethodKind::ALL {
        let order = shop.order().await;
        let payment = shop.payments.begin(Scope::Any, order.id, method).await.unwrap();
        let outcome = shop.payments.ask(&payment, None).await.unwrap();
        assert_eq!(shop.payments.settle(payment.id, &outcome).await.unwrap().status, Status::Succeeded);
        assert_eq!(shop.status(&order).await, orderbus::Status::Paid);
        shop.payments.refund(order.id, None).await.unwrap();
        let refunded = shop.payments.query_by_id(Scope::Any, payment.id).await.unwrap();
        assert_eq!(refunded.status, Status::Refunded);
    }
    assert_eq!(shop.count("SELECT count(*) FROM ledger_entries").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM jobs WHERE name = 'payments.return'").await, 0);
}

#[tokio::test]
async fn what_costs_nothing_has_nothing_to_give_back() {
    let shop = shop().await;
    shop.database.execute("UPDATE movies SET price_amount = 0").await;
    for method in MethodKind::ALL {
        let order = shop.order().await;
        let payment = shop.payments.begin(Scope::Any, order.id, method).await.unwrap();
        shop.orders.cancel(Scope::Any, order.id, None).await.unwrap();
        let settled = shop.payments.settle(payment.id, &Outcome::Paid(None)).await.unwrap();
        assert_eq!((settled.status, settled.reason.unwrap().as_str()), (Status::Failed, "order_gone"));
    }
    assert_eq!(shop.count("SELECT count(*) FROM jobs WHERE name = 'payments.return'").await, 0);
}

/// The client, the provider's notice and the job at once, over two replicas, while somebody cancels the order.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_settle_at_once_it_is_settled_once() {
    let shop = shop().await;
    let replicas = [Business::new(shop.database.db(), Some(away())), Business::new(shop.database.db(), Some(away()))];
    for round in 0..20 {
        let order = shop.order().await;
        let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Card).await.unwrap();
        let outcome = crate::samples::paid(&format!("ch_{round}"));
        let settles = (0..8).map(|number| replicas[number % 2].settle(payment.id, &outcome));
        let (cancelled, settled) =
            futures_util::future::join(shop.orders.cancel(Scope::Any, order.id, None), join_all(settles)).await;
        let settled: Vec<_> = settled.into_iter().map(|settled| settled.unwrap().status).collect();
        match cancelled {
            Ok(_) => assert_eq!(settled, [Status::Refunding; 8]),
            Err(orderbus::Error::IllegalStep { .. }) => assert_eq!(settled, [Status::Succeeded; 8]),
            Err(error) => panic!("{error:?}"),
        }
    }
    let [card, refunds, sales] = shop.house().await;
    assert_eq!((card, refunds + sales), (-20 * 999, 20 * 999));
    assert_eq!(shop.count("SELECT count(*) FROM jobs WHERE name = 'payments.return'").await * 999, refunds);
}

#[tokio::test]
async fn a_payment_that_is_not_there_is_not_settled() {
    let shop = shop().await;
    let settled = shop.payments.settle(PaymentId::new(), &Outcome::Paid(None)).await;
    assert!(matches!(settled, Err(Error::NotFound)));
}

#[tokio::test]
async fn without_a_provider_no_card_is_taken() {
    let shop = shop().await;
    let order = shop.order().await;
    let payments = Business::new(shop.database.db(), None);
    assert!(matches!(payments.begin(Scope::Any, order.id, MethodKind::Card).await, Err(Error::NoCards)));
    let amount = types::Amount::parse(cents(1)).unwrap();
    assert!(matches!(payments.begin_deposit(buyer(), amount).await, Err(Error::NoCards)));
}
