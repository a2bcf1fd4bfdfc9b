//! What every change of a film leaves behind.

use moviebus::{Business, Director, Error, ImportKey, ImportMovie, Stock, UpdateMovie};
use serde_json::{Value, json};
use sqldb::Db;
use tokio::task::JoinSet;
use types::{Patch, Version};
use uuid::Uuid;

use crate::films::{alien, bare, business};

/// What the audits say, in their order: what happened to which film, how it differs.
async fn audits(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "
        SELECT action, entity_id, version, difference FROM audits WHERE entity = 'movie' ORDER BY audit_id";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

/// What the events say, in their order: what happened to which film, how it is now.
async fn events(db: &Db) -> Vec<(String, Uuid, i64, Value)> {
    const SQL: &str = "SELECT action, entity_id, version, data FROM events WHERE entity = 'movie' ORDER BY seq";
    db.fetch_all(sqlx::query_as(SQL)).await.unwrap()
}

fn stock(copies: i64) -> UpdateMovie {
    UpdateMovie { stock: Some(Stock::parse(copies).unwrap()), ..UpdateMovie::default() }
}

#[tokio::test]
async fn a_film_leaves_its_story() {
    let (database, movies) = business().await;
    let db = database.db();
    let first = movies.create(alien()).await.unwrap();
    let update = UpdateMovie { director: Patch::Clear, ..stock(6) };
    let second = movies.update(&first, update).await.unwrap();
    movies.delete(second.id, Some(second.version)).await.unwrap();

    let id = first.id.uuid();
    let row = json!({
        "title": "Alien", "year": 1979, "runtime_minutes": 117, "genres": ["Horror", "Science Fiction"],
        "director": "Ridley Scott", "rating": "R", "price": { "amount": 999, "currency": "USD" }, "stock": 7,
    });
    let [came, changed, went] = &audits(&db).await[..] else { panic!("three audits") };
    assert_eq!((came.0.as_str(), came.1, came.2), ("created", id, 1));
    assert_eq!(came.3.as_object().unwrap().len(), 8);
    for (name, value) in row.as_object().unwrap() {
        assert_eq!(came.3[name], json!({ "before": null, "after": value }), "{name}");
    }
    let difference = json!({
        "director": { "before": "Ridley Scott", "after": null },
        "stock": { "before": 7, "after": 6 },
    });
    assert_eq!(changed, &("updated".to_owned(), id, 2, difference));
    assert_eq!((went.0.as_str(), went.1, went.2), ("deleted", id, 2));
    assert_eq!(went.3["stock"], json!({ "before": 6, "after": null }));
    assert_eq!(went.3.get("director"), None, "it had none");

    let [came, changed, went] = &events(&db).await[..] else { panic!("three events") };
    assert_eq!((came.0.as_str(), came.1, came.2, &came.3["fields"]), ("created", id, 1, &row));
    assert_eq!((changed.0.as_str(), &changed.3["changed"]), ("updated", &json!(["director", "stock"])));
    assert_eq!(changed.3["fields"]["stock"], json!(6));
    assert_eq!((went.0.as_str(), &went.3["fields"]), ("deleted", &Value::Null));
}

#[tokio::test]
async fn what_changes_nothing_leaves_nothing() {
    let (database, movies) = business().await;
    let db = database.db();
    let film = movies.create(alien()).await.unwrap();
    movies.update(&film, UpdateMovie::default()).await.unwrap();
    movies.update(&film, stock(7)).await.unwrap();
    assert!(matches!(movies.create(alien()).await, Err(Error::DuplicateTitle)));
    let stale = moviebus::Movie { version: Version::restore(9), ..film.clone() };
    assert!(matches!(movies.update(&stale, stock(1)).await, Err(Error::EditConflict { .. })));
    assert!(matches!(movies.delete(film.id, Some(stale.version)).await, Err(Error::EditConflict { .. })));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
}

#[tokio::test]
async fn an_import_tells_of_what_it_added_as_it_was_added() {
    let (database, movies) = business().await;
    let db = database.db();
    let item = |key: &str, new| ImportMovie { key: ImportKey::parse(key).unwrap(), new };
    let batch = [
        item("2", bare("Solaris", 1972)),
        item("1", alien()),
        // The same key once more: the first of the two is taken.
        item("2", bare("Stalker", 1979)),
        // The same film under another key.
        item("3", alien()),
    ];
    let outcomes = movies.import(&batch).await.unwrap();
    let [
        moviebus::Imported::Created(solaris),
        moviebus::Imported::Created(alien),
        moviebus::Imported::Known,
        moviebus::Imported::DuplicateTitle,
    ] = outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    movies.import(&batch).await.unwrap();

    let told: Vec<_> = audits(&db)
        .await
        .into_iter()
        .map(|(action, id, _, difference)| (action, id, difference["title"]["after"].clone()))
        .collect();
    let created = "created".to_owned();
    assert_eq!(told, [(created.clone(), solaris.uuid(), json!("Solaris")), (created, alien.uuid(), json!("Alien"))]);
    assert_eq!(events(&db).await.len(), 2);
    assert_eq!(movies.query_by_id(solaris).await.unwrap().title.as_str(), "Solaris");
}

#[tokio::test]
async fn what_is_undone_with_the_work_around_it_leaves_nothing() {
    let (database, movies) = business().await;
    let db = database.db();
    let film = movies.create(alien()).await.unwrap();
    let undone = db
        .transact(async |tx| {
            let movies = movies.with_tx(&tx);
            movies.update(&film, stock(1)).await?;
            movies.create(bare("Solaris", 1972)).await?;
            movies.delete(film.id, None).await?;
            Err::<(), _>(Error::NotFound)
        })
        .await;
    assert!(matches!(undone, Err(Error::NotFound)));
    assert_eq!((audits(&db).await.len(), events(&db).await.len()), (1, 1));
    assert_eq!(movies.query_by_id(film.id).await.unwrap(), film);
}

#[tokio::test]
async fn changes_that_use_up_the_pool_do_not_wait_for_their_own_audits() {
    let database = dbtest::Database::new().await;
    let movies = Business::new(database.db_of_one());
    let mut work = JoinSet::new();
    for number in 0..30 {
        let movies = movies.clone();
        work.spawn(async move {
            let film = movies.create(bare(&format!("Film {number}"), 1990)).await?;
            let director = Patch::Set(Director::parse("Someone").unwrap());
            let film = movies.update(&film, UpdateMovie { director, ..UpdateMovie::default() }).await?;
            movies.delete(film.id, None).await
        });
    }
    for outcome in work.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(audits(&database.db()).await.len(), 90);
}
