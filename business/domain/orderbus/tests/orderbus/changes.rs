//! What every change of an order leaves behind.

use orderbus::{Business, Error};
use serde_json::{Value, json};
use sqldb::Db;
use tokio::task::JoinSet;
use types::Scope;
use uuid::Uuid;

use crate::samples::{business, film, full, lay_ground, numbered, of, owner, stock};

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
async fn an_order_leaves_its_story() {
    let (database, orders) = business().await;
    let db = database.db();
    let order = orders.create(owner(), &full()).await.unwrap();
    orders.cancel(Scope::Any, order.id, None).await.unwrap();

    let id = order.id.uuid();
    let cents = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let item = |number, title: &str, quantity: i64, price: i64| {
        let movie_id = film(number).to_string();
        json!({"movie_id": movie_id, "title": title, "quantity": quantity, "price": cents(price)})
    };
    let row = json!({
        "status": "pending",
        "items": [item(2, "The Second Ground", 2, 799), item(1, "The First Ground", 1, 999)],
        "total": cents(2 * 799 + 999),
    });
    let [placed, cancelled] = &audits(&db).await[..] else { panic!("two audits") };
    assert_eq!((placed.0.as_str(), placed.1, placed.2), ("created", id, 1));
    assert_eq!(placed.3.as_object().unwrap().len(), 3);
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(placed.3[name], json!({ "before": null, "after": value }), "{name}");
    }
    let difference = json!({ "status": { "before": "pending", "after": "cancelled" } });
    assert_eq!(cancelled, &("updated".to_owned(), id, 2, difference));

    let [placed, cancelled] = &events(&db).await[..] else { panic!("two events") };
    assert_eq!((placed.0.as_str(), placed.1, placed.2, &placed.3["fields"]), ("created", id, 1, &row));
    assert_eq!((cancelled.0.as_str(), &cancelled.3["changed"]), ("updated", &json!(["status"])));
}

/// Who may see what belongs to them may see its events.
#[tokio::test]
async fn every_event_says_whose_it_is() {
    const SQL: &str = "SELECT owner_id FROM events WHERE entity = 'order' ORDER BY seq";
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    orders.cancel(Scope::Any, order.id, None).await.unwrap();
    let owners: Vec<(Option<Uuid>,)> = database.db().fetch_all(sqlx::query_as(SQL)).await.unwrap();
    assert_eq!(owners, [(Some(owner().uuid()),); 2]);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let (database, orders) = business().await;
    let db = database.db();
    let order = orders.create(owner(), &full()).await.unwrap();
    orders.create(owner(), &of(&[(3, 1)])).await.unwrap_err();
    orders.cancel(Scope::Any, order.id, Some(order.version.next())).await.unwrap_err();
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_undone_with_the_work_around_it_leaves_nothing() {
    let (database, orders) = business().await;
    let db = database.db();
    let order = orders.create(owner(), &full()).await.unwrap();
    let undone = db
        .transact(async |tx| {
            let orders = orders.with_tx(&tx);
            orders.create(owner(), &numbered(1)).await?;
            orders.cancel(Scope::Any, order.id, None).await?;
            Err::<(), _>(Error::NotFound)
        })
        .await;
    assert!(matches!(undone, Err(Error::NotFound)));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
    assert_eq!(orders.query_by_id(Scope::Any, order.id).await.unwrap(), order);
    assert_eq!(stock(&database, 1).await, 999);
}

#[tokio::test]
async fn changes_that_use_up_the_pool_do_not_wait_for_their_own_audits() {
    let database = dbtest::Database::new().await;
    lay_ground(&database).await;
    let orders = Business::new(database.db_of_one());
    let mut work = JoinSet::new();
    for _ in 0..30 {
        let orders = orders.clone();
        work.spawn(async move {
            let order = orders.create(owner(), &full()).await?;
            orders.cancel(Scope::Any, order.id, None).await
        });
    }
    for outcome in work.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(audits(&database.db()).await.len(), 60);
    assert_eq!(stock(&database, 1).await, 1000);
}
