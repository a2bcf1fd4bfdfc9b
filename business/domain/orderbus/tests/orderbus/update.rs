//! Changing orders.

use orderbus::{Error, Order, UpdateOrder};
use tokio::task::JoinSet;
use types::{Scope, Version};

use crate::samples::{business, everything, full, one, owner};

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let (_database, orders) = business().await;
    let before = orders.create(owner(), full()).await.unwrap();
    let other = orders.create(owner(), full()).await.unwrap();

    let after = orders.update(&before, one()).await.unwrap();

    assert_ne!(after.status, before.status);
    assert_eq!(after.version, before.version.next());
    assert!(after.updated_at >= before.updated_at);
    let rest = Order { status: before.status, version: before.version, updated_at: before.updated_at, ..after.clone() };
    assert_eq!(rest, before);
    assert_eq!(orders.query_by_id(Scope::Any, before.id).await.unwrap(), after);
    assert_eq!(orders.query_by_id(Scope::Any, other.id).await.unwrap(), other, "no other is changed with it");
}

#[tokio::test]
async fn every_member_can_be_changed() {
    let (_database, orders) = business().await;
    let before = orders.create(owner(), full()).await.unwrap();

    let changed = orders.update(&before, everything()).await.unwrap();
    assert_eq!(orders.query_by_id(Scope::Any, before.id).await.unwrap(), changed);
    let expected = everything().apply(&before);
    assert_eq!(changed, Order { version: changed.version, updated_at: changed.updated_at, ..expected });
    assert_ne!(changed.status, before.status);
    assert_ne!(changed.worth, before.worth);
}

#[tokio::test]
async fn an_update_that_changes_nothing_keeps_version_and_time() {
    let (_database, orders) = business().await;
    let before = orders.create(owner(), full()).await.unwrap();
    let changed = orders.update(&before, one()).await.unwrap();
    for update in [UpdateOrder::default(), one()] {
        assert_eq!(orders.update(&changed, update).await.unwrap(), changed);
    }
    assert_eq!(orders.query_by_id(Scope::Any, before.id).await.unwrap(), changed);
}

#[tokio::test]
async fn a_stale_update_is_refused_with_the_current_version() {
    let (_database, orders) = business().await;
    let first = orders.create(owner(), full()).await.unwrap();
    let second = orders.update(&first, one()).await.unwrap();

    let Err(Error::EditConflict { current }) = orders.update(&first, everything()).await else { panic!("not refused") };
    assert_eq!(current, second.version);
    assert_eq!(orders.query_by_id(Scope::Any, first.id).await.unwrap(), second, "nothing changed");

    orders.delete(Scope::Any, first.id, None).await.unwrap();
    assert!(matches!(orders.update(&first, everything()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn of_fifty_parallel_updates_of_one_version_one_wins() {
    let (_database, orders) = business().await;
    let before = orders.create(owner(), full()).await.unwrap();
    let mut updates = JoinSet::new();
    for _ in 0..50 {
        let (orders, before) = (orders.clone(), before.clone());
        updates.spawn(async move { orders.update(&before, everything()).await });
    }
    let (mut won, mut lost) = (Vec::new(), 0);
    for outcome in updates.join_all().await {
        match outcome {
            Ok(order) => won.push(order),
            Err(Error::EditConflict { current }) => {
                assert_eq!(current, before.version.next());
                lost += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((won.len(), lost), (1, 49));
    assert_eq!(orders.query_by_id(Scope::Any, before.id).await.unwrap(), won[0]);
    assert_eq!(won[0].version, Version::restore(2));
}
