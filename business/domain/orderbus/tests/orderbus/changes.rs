//! What every change of an order leaves behind.

use orderbus::{Business, Error, UpdateOrder};
use serde_json::{Value, json};
use sqldb::{Db, Settings};
use tokio::task::JoinSet;
use types::{Scope, Version};
use uuid::Uuid;

use crate::samples::{business, full, lay_ground, numbered, one, owner};

/// What the audits say, in their order: what happened to which order, how it differs.
async fn audits(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "
        SELECT action, entity_id, version, difference FROM audits WHERE entity = 'order' ORDER BY audit_id";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

/// What the events say, in their order: what happened to which order, how it is now.
async fn events(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "SELECT action, entity_id, version, data FROM events WHERE entity = 'order' ORDER BY seq";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

#[tokio::test]
async fn a_order_leaves_its_story() {
    let (database, orders) = business().await;
    let db = database.db();
    let first = orders.create(owner(), full()).await.unwrap();
    let second = orders.update(&first, one()).await.unwrap();
    orders.delete(Scope::Any, second.id, Some(second.version)).await.unwrap();

    let id = first.id.uuid();
    let row = json!({
        "status": "pending",
        "worth": {"amount": 999, "currency": "USD"},
    });
    let [came, changed, went] = &audits(&db).await[..] else { panic!("three audits") };
    assert_eq!((came.0.as_str(), came.1, came.2), ("created", id, 1));
    assert_eq!(came.3.as_object().unwrap().len(), 2);
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(came.3[name], json!({ "before": null, "after": value }), "{name}");
    }
    let difference = json!({ "status": { "before": "pending", "after": "paid" } });
    assert_eq!(changed, &("updated".to_owned(), id, 2, difference));
    assert_eq!((went.0.as_str(), went.1, went.2), ("deleted", id, 2));
    assert_eq!(went.3["status"], json!({ "before": "paid", "after": null }));

    let [came, changed, went] = &events(&db).await[..] else { panic!("three events") };
    assert_eq!((came.0.as_str(), came.1, came.2, &came.3["fields"]), ("created", id, 1, &row));
    assert_eq!((changed.0.as_str(), &changed.3["changed"]), ("updated", &json!(["status"])));
    assert_eq!(changed.3["fields"]["status"], json!("paid"));
    assert_eq!((went.0.as_str(), &went.3["fields"]), ("deleted", &Value::Null));
}

/// Who may see what belongs to them may see its events.
#[tokio::test]
async fn every_event_says_whose_it_is() {
    const SQL: &str = "SELECT owner_id FROM events WHERE entity = 'order' ORDER BY seq";
    let (database, orders) = business().await;
    let order = orders.create(owner(), full()).await.unwrap();
    orders.update(&order, one()).await.unwrap();
    orders.delete(Scope::Any, order.id, None).await.unwrap();
    let owners: Vec<(Option<Uuid>,)> = database.db().fetch_all(sqlx::query_as(SQL)).await.unwrap();
    assert_eq!(owners, [(Some(owner().uuid()),); 3]);
}

#[tokio::test]
async fn what_changes_nothing_leaves_nothing() {
    let (database, orders) = business().await;
    let db = database.db();
    let order = orders.create(owner(), full()).await.unwrap();
    orders.update(&order, UpdateOrder::default()).await.unwrap();
    let stale = orderbus::Order { version: Version::restore(9), ..order.clone() };
    assert!(matches!(orders.update(&stale, one()).await, Err(Error::EditConflict { .. })));
    assert!(matches!(orders.delete(Scope::Any, order.id, Some(stale.version)).await, Err(Error::EditConflict { .. })));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_undone_with_the_work_around_it_leaves_nothing() {
    let (database, orders) = business().await;
    let db = database.db();
    let order = orders.create(owner(), full()).await.unwrap();
    let undone = db
        .transact(async |tx| {
            let orders = orders.with_tx(&tx);
            orders.update(&order, one()).await?;
            orders.create(owner(), numbered(1)).await?;
            orders.delete(Scope::Any, order.id, None).await?;
            Err::<(), _>(Error::NotFound)
        })
        .await;
    assert!(matches!(undone, Err(Error::NotFound)));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
    assert_eq!(orders.query_by_id(Scope::Any, order.id).await.unwrap(), order);
}

#[tokio::test]
async fn changes_that_use_up_the_pool_do_not_wait_for_their_own_audits() {
    let database = dbtest::Database::new().await;
    lay_ground(&database).await;
    let orders =
        Business::new(database.db_with(Settings { max_connections: 1, min_connections: 0, ..Settings::default() }));
    let mut work = JoinSet::new();
    for _ in 0..30 {
        let orders = orders.clone();
        work.spawn(async move {
            let order = orders.create(owner(), full()).await?;
            let order = orders.update(&order, one()).await?;
            orders.delete(Scope::Any, order.id, None).await
        });
    }
    for outcome in work.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(audits(&database.db()).await.len(), 90);
}
