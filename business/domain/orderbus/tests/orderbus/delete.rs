//! Removing orders.

use orderbus::Error;
use types::{OrderId, Scope};

use crate::samples::{business, full, one, owner};

#[tokio::test]
async fn a_removed_order_is_gone_and_cannot_be_removed_again() {
    let (_database, orders) = business().await;
    let order = orders.create(owner(), full()).await.unwrap();
    let other = orders.create(owner(), full()).await.unwrap();
    orders.delete(Scope::Any, order.id, None).await.unwrap();
    assert!(matches!(orders.query_by_id(Scope::Any, order.id).await, Err(Error::NotFound)));
    assert!(matches!(orders.delete(Scope::Any, order.id, None).await, Err(Error::NotFound)));
    assert!(matches!(orders.delete(Scope::Any, OrderId::new(), Some(order.version)).await, Err(Error::NotFound)));
    assert_eq!(orders.query_by_id(Scope::Any, other.id).await.unwrap(), other, "no other goes with it");
}

#[tokio::test]
async fn a_order_that_was_changed_is_not_removed_under_its_old_version() {
    let (_database, orders) = business().await;
    let first = orders.create(owner(), full()).await.unwrap();
    let second = orders.update(&first, one()).await.unwrap();

    let Err(Error::EditConflict { current }) = orders.delete(Scope::Any, first.id, Some(first.version)).await else {
        panic!("not refused")
    };
    assert_eq!(current, second.version);
    orders.delete(Scope::Any, first.id, Some(second.version)).await.unwrap();
}

#[tokio::test]
async fn a_order_that_something_refers_to_is_not_removed() {
    let (database, orders) = business().await;
    let first = orders.create(owner(), full()).await.unwrap();
    let second = orders.create(owner(), full()).await.unwrap();
    let refer = "
        CREATE TABLE referring (order_id uuid NOT NULL REFERENCES orders (order_id));
        INSERT INTO referring SELECT order_id FROM orders ORDER BY created_at LIMIT 1";
    database.execute(refer).await;
    assert!(matches!(orders.delete(Scope::Any, first.id, None).await, Err(Error::InUse)));
    assert_eq!(orders.query_by_id(Scope::Any, first.id).await.unwrap(), first, "it stays");
    orders.delete(Scope::Any, second.id, None).await.expect("nothing refers to it");
}
