//! Orders that are paid for, taken back, or waited for in vain.

use chrono::TimeDelta;
use orderbus::{Error, Status, Step};
use types::{OrderId, Scope};

use crate::samples::{business, full, of, owner, stock, stranger};

#[tokio::test]
async fn an_order_is_paid_once_and_taken_back_once() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    let early = orders.refund(order.id, None).await;
    assert!(matches!(early, Err(Error::IllegalStep { from: Status::Pending, step: Step::Refund })));
    assert_eq!(orders.payable(Scope::Own(owner()), order.id).await.unwrap(), order);
    assert!(matches!(orders.payable(Scope::Own(stranger()), order.id).await, Err(Error::NotFound)));
    let paid = orders.pay(order.id).await.unwrap();
    assert_eq!((paid.status, paid.version), (Status::Paid, order.version.next()));
    assert!(matches!(orders.pay(order.id).await, Err(Error::IllegalStep { from: Status::Paid, step: Step::Pay })));
    assert!(matches!(orders.payable(Scope::Any, order.id).await, Err(Error::IllegalStep { .. })));
    assert!(matches!(orders.refund(order.id, Some(order.version)).await, Err(Error::EditConflict { .. })));
    assert_eq!((stock(&database, 1).await, stock(&database, 2).await), (999, 998));
    let refunded = orders.refund(order.id, Some(paid.version)).await.unwrap();
    assert_eq!((refunded.status, refunded.version), (Status::Refunded, paid.version.next()));
    assert_eq!((stock(&database, 1).await, stock(&database, 2).await), (1000, 1000));
    assert!(matches!(orders.refund(order.id, None).await, Err(Error::IllegalStep { .. })));
    assert!(matches!(orders.pay(OrderId::new()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_order_that_nobody_pays_for_gives_its_copies_back() {
    let (database, orders) = business().await;
    let old = orders.create(owner(), &of(&[(1, 1)])).await.unwrap();
    let paid = orders.create(owner(), &of(&[(1, 1)])).await.unwrap();
    orders.pay(paid.id).await.unwrap();
    let oldest = orders.create(stranger(), &of(&[(1, 1)])).await.unwrap();
    let now = oldest.created_at + TimeDelta::microseconds(1);
    assert_eq!(orders.expire(old.created_at, 10).await.unwrap(), 0);
    assert_eq!(orders.expire(now, 1).await.unwrap(), 1, "the oldest first, so many at a time");
    assert_eq!(orders.query_by_id(Scope::Any, old.id).await.unwrap().status, Status::Cancelled);
    assert_eq!(orders.query_by_id(Scope::Any, oldest.id).await.unwrap().status, Status::Pending);
    assert_eq!(orders.expire(now, 10).await.unwrap(), 1);
    assert_eq!(orders.expire(now, 10).await.unwrap(), 0);
    assert_eq!(orders.query_by_id(Scope::Any, paid.id).await.unwrap().status, Status::Paid);
    assert_eq!(stock(&database, 1).await, 999);
}
