//! Events: what others are told, in order.

use std::time::Duration;

use changes::{Change, PARTITIONS, partition, within};
use serde_json::json;
use sqlx::postgres::PgListener;
use types::UserId;
use uuid::Uuid;

use crate::{PERSON, Person, ada, audits, created, events, fields, from_a_browser, record};

#[tokio::test]
async fn an_event_tells_the_row_as_it_is_now_and_what_changed_and_nothing_personal() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let (user_id, before) = (UserId::new(), ada());
    let after = Person { version: before.version.next(), age: Some(36), ..before.clone() };
    let changed = Change::updated(PERSON, after.id, after.version, fields(&before), fields(&after)).owned_by(user_id);
    let gone = Change::deleted(PERSON, after.id, after.version, fields(&after));
    within(from_a_browser(user_id), record(&db, &[created(&before), changed, gone])).await.unwrap();

    let [came, changed, went] = &events(&db).await[..] else { panic!("three events") };
    let names = json!(["email", "nickname", "enabled"]);
    let row = json!({ "nickname": "Countess", "age": null, "enabled": true });
    assert_eq!(came.data, json!({ "fields": row, "changed": names }));
    let row = json!({ "nickname": "Countess", "age": 36, "enabled": true });
    assert_eq!(changed.data, json!({ "fields": row, "changed": ["age"] }));
    assert_eq!(went.data, json!({ "fields": null, "changed": ["email", "nickname", "age", "enabled"] }));

    assert_eq!((changed.entity.as_str(), changed.entity_id), ("person", before.id.uuid()));
    assert_eq!((changed.action.as_str(), changed.version, changed.position), ("updated", 2, None));
    assert_eq!((came.owner_id, changed.owner_id), (None, Some(user_id.uuid())));
    assert_eq!(changed.traceparent.as_deref(), Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    let partitions: Vec<i16> = [came, changed, went].map(|event| event.partition).to_vec();
    assert_eq!(partitions, [i16::from(partition(before.id.uuid())); 3]);
}

#[tokio::test]
async fn a_change_and_its_event_share_id_and_time_and_a_batch_keeps_its_order() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let people: Vec<_> = (0..500).map(|_| ada()).collect();
    let batch: Vec<_> = people.iter().map(created).collect();
    record(&db, &batch).await.unwrap();
    let (audits, events) = (audits(&db).await, events(&db).await);
    let rows: Vec<Uuid> = people.iter().map(|person| person.id.uuid()).collect();
    assert_eq!(audits.iter().map(|audit| audit.entity_id).collect::<Vec<_>>(), rows);
    assert_eq!(events.iter().map(|event| event.entity_id).collect::<Vec<_>>(), rows);
    let ids = |audit: &crate::Audit| (audit.audit_id, audit.occurred_at);
    let audits: Vec<_> = audits.iter().map(ids).collect();
    assert_eq!(audits, events.iter().map(|event| (event.event_id, event.occurred_at)).collect::<Vec<_>>());
    assert!(audits.is_sorted_by_key(|(_, occurred_at)| occurred_at), "the order of ids is that of time");
}

#[tokio::test]
async fn the_events_of_a_row_stand_in_the_order_of_its_changes_whoever_makes_them() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    db.execute(sqlx::query("CREATE TABLE counters (id int PRIMARY KEY, version bigint NOT NULL)")).await.unwrap();
    db.execute(sqlx::query("INSERT INTO counters VALUES (1, 1)")).await.unwrap();
    let row = ada();
    let change = async |db: sqldb::Db| {
        for _ in 0..25 {
            db.atomic(async |tx| {
                let next = sqlx::query_as("UPDATE counters SET version = version + 1 WHERE id = 1 RETURNING version");
                let (version,): (i64,) = tx.db().fetch_one(next).await?;
                let change = Change { version: types::Version::restore(version), ..created(&row) };
                changes::record(&tx, &[change]).await
            })
            .await
            .unwrap();
        }
    };
    tokio::join!(change(db.clone()), change(db.clone()), change(db.clone()), change(db.clone()));
    let versions: Vec<i64> = events(&db).await.iter().map(|event| event.version).collect();
    assert_eq!(versions, (2..102).collect::<Vec<_>>());
}

#[test]
fn every_partition_has_its_share_of_rows() {
    let mut shares = [0; PARTITIONS as usize];
    for _ in 0..8000 {
        shares[usize::from(partition(types::MovieId::new().uuid()))] += 1;
    }
    assert!(shares.iter().all(|share| (700..1300).contains(share)), "{shares:?}");
}

#[tokio::test]
async fn a_change_wakes_the_relay_when_it_sleeps_and_leaves_it_alone_when_it_works() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let mut listener = PgListener::connect_with(&pool(&database)).await.unwrap();
    listener.listen("events").await.unwrap();

    db.execute(sqlx::query("UPDATE events_relay SET sleeping = false")).await.unwrap();
    record(&db, &[created(&ada())]).await.unwrap();
    db.execute(sqlx::query("UPDATE events_relay SET sleeping = true")).await.unwrap();
    record(&db, &[created(&ada())]).await.unwrap();
    // A mark behind whatever was sent before: a second notification of the first change would come before it.
    db.execute(sqlx::query("SELECT pg_notify('events', 'the end')")).await.unwrap();

    let mut heard = Vec::new();
    while heard.last().is_none_or(|last| last != "the end") {
        let notification = tokio::time::timeout(Duration::from_secs(5), listener.recv()).await.unwrap().unwrap();
        heard.push(notification.payload().to_owned());
    }
    assert_eq!(heard, ["", "the end"]);
}

fn pool(database: &dbtest::Database) -> sqlx::PgPool {
    sqlx::PgPool::connect_lazy_with(database.options())
}
