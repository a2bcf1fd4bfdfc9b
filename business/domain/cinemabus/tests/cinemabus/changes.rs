//! What every change of a cinema leaves behind.

use cinemabus::{Business, Error, UpdateCinema};
use serde_json::{Value, json};
use sqldb::Db;
use tokio::task::JoinSet;
use types::Version;
use uuid::Uuid;

use crate::samples::{business, full, ground, numbered, one};

/// What the audits say, in their order: what happened to which cinema, how it differs.
async fn audits(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "
        SELECT action, entity_id, version, difference FROM audits WHERE entity = 'cinema' ORDER BY audit_id";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

/// What the events say, in their order: what happened to which cinema, how it is now.
async fn events(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "SELECT action, entity_id, version, data FROM events WHERE entity = 'cinema' ORDER BY seq";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

#[tokio::test]
async fn a_cinema_leaves_its_story() {
    let (database, cinemas) = business().await;
    let db = database.db();
    let first = cinemas.create(full()).await.unwrap();
    let second = cinemas.update(&first, one()).await.unwrap();
    cinemas.delete(second.id, Some(second.version)).await.unwrap();

    let id = first.id.uuid();
    let row = json!({
        "name": "Some name",
        "address": "Some address",
        "place": 2,
        "latitude": 1.5,
        "longitude": 1.5,
        "screens": 2,
    });
    let [came, changed, went] = &audits(&db).await[..] else { panic!("three audits") };
    assert_eq!((came.0.as_str(), came.1, came.2), ("created", id, 1));
    assert_eq!(came.3.as_object().unwrap().len(), 6);
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(came.3[name], json!({ "before": null, "after": value }), "{name}");
    }
    let difference = json!({ "name": { "before": "Some name", "after": "Another name" } });
    assert_eq!(changed, &("updated".to_owned(), id, 2, difference));
    assert_eq!((went.0.as_str(), went.1, went.2), ("deleted", id, 2));
    assert_eq!(went.3["name"], json!({ "before": "Another name", "after": null }));

    let [came, changed, went] = &events(&db).await[..] else { panic!("three events") };
    assert_eq!((came.0.as_str(), came.1, came.2, &came.3["fields"]), ("created", id, 1, &row));
    assert_eq!((changed.0.as_str(), &changed.3["changed"]), ("updated", &json!(["name"])));
    assert_eq!(changed.3["fields"]["name"], json!("Another name"));
    assert_eq!((went.0.as_str(), &went.3["fields"]), ("deleted", &Value::Null));
}

#[tokio::test]
async fn what_changes_nothing_leaves_nothing() {
    let (database, cinemas) = business().await;
    let db = database.db();
    let cinema = cinemas.create(full()).await.unwrap();
    cinemas.update(&cinema, UpdateCinema::default()).await.unwrap();
    let stale = cinemabus::Cinema { version: Version::restore(9), ..cinema.clone() };
    assert!(matches!(cinemas.update(&stale, one()).await, Err(Error::EditConflict { .. })));
    assert!(matches!(cinemas.delete(cinema.id, Some(stale.version)).await, Err(Error::EditConflict { .. })));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_undone_with_the_work_around_it_leaves_nothing() {
    let (database, cinemas) = business().await;
    let db = database.db();
    let cinema = cinemas.create(full()).await.unwrap();
    let undone = db
        .transact(async |tx| {
            let cinemas = cinemas.with_tx(&tx);
            cinemas.update(&cinema, one()).await?;
            cinemas.create(numbered(1)).await?;
            cinemas.delete(cinema.id, None).await?;
            Err::<(), _>(Error::NotFound)
        })
        .await;
    assert!(matches!(undone, Err(Error::NotFound)));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
    assert_eq!(cinemas.query_by_id(cinema.id).await.unwrap(), cinema);
}

#[tokio::test]
async fn changes_that_use_up_the_pool_do_not_wait_for_their_own_audits() {
    let database = ground().await;
    let cinemas = Business::new(database.db_of_one());
    let mut work = JoinSet::new();
    for _ in 0..30 {
        let cinemas = cinemas.clone();
        work.spawn(async move {
            let cinema = cinemas.create(full()).await?;
            let cinema = cinemas.update(&cinema, one()).await?;
            cinemas.delete(cinema.id, None).await
        });
    }
    for outcome in work.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(audits(&database.db()).await.len(), 90);
}
