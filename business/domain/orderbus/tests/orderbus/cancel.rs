//! Giving orders up.

use orderbus::{Error, Status, Step};
use types::{OrderId, Scope};

use crate::samples::{business, full, owner, stock, stranger};

#[tokio::test]
async fn a_cancelled_order_gives_its_copies_back() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    let cancelled = orders.cancel(Scope::Own(owner()), order.id, Some(order.version)).await.unwrap();
    assert_eq!((cancelled.status, cancelled.version), (Status::Cancelled, order.version.next()));
    assert_eq!((&cancelled.items, cancelled.total), (&order.items, order.total));
    assert_eq!(orders.query_by_id(Scope::Any, order.id).await.unwrap(), cancelled);
    assert_eq!((stock(&database, 1).await, stock(&database, 2).await), (1000, 1000));
}

#[tokio::test]
async fn only_an_order_that_is_pending_is_cancelled() {
    let (database, orders) = business().await;
    for (status, change) in [
        (Status::Paid, "UPDATE orders SET status = 'paid' WHERE status = 'pending'"),
        (Status::Cancelled, "UPDATE orders SET status = 'cancelled' WHERE status = 'pending'"),
        (Status::Refunded, "UPDATE orders SET status = 'refunded' WHERE status = 'pending'"),
    ] {
        let order = orders.create(owner(), &full()).await.unwrap();
        database.execute(change).await;
        let Err(Error::IllegalStep { from, step }) = orders.cancel(Scope::Any, order.id, None).await else {
            panic!("cancelled")
        };
        assert_eq!((from, step), (status, Step::Cancel));
    }
    assert_eq!(stock(&database, 1).await, 997, "three orders, none of which gave its copies back");
}

#[tokio::test]
async fn neither_a_stale_version_nor_a_stranger_cancels_an_order() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    let stale = orders.cancel(Scope::Any, order.id, Some(order.version.next())).await;
    assert!(matches!(stale, Err(Error::EditConflict { current }) if current == order.version));
    let strange = orders.cancel(Scope::Own(stranger()), order.id, None).await;
    assert!(matches!(strange, Err(Error::NotFound)));
    assert!(matches!(orders.cancel(Scope::Any, OrderId::new(), None).await, Err(Error::NotFound)));
    assert_eq!(orders.query_by_id(Scope::Any, order.id).await.unwrap(), order);
    assert_eq!(stock(&database, 1).await, 999);
}

/// What was sold of a film that left the catalogue has nowhere to go back to; the rest has.
#[tokio::test]
async fn an_order_of_a_film_that_is_gone_is_cancelled_all_the_same() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    database.execute("DELETE FROM movies WHERE title = 'The First Ground'").await;
    let cancelled = orders.cancel(Scope::Any, order.id, None).await.unwrap();
    assert_eq!(cancelled.items, order.items);
    assert_eq!(stock(&database, 2).await, 1000);
}
