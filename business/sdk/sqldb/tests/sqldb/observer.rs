//! Whoever wants to know of each statement.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbtest::Database;
use sqldb::{Db, End, Observer, Settings};

use crate::{insert, settings, with_notes};

/// What was told: the text, the rows, the end.
type Told = Arc<Mutex<Vec<(String, u64, End)>>>;

fn observed() -> (Settings, Told) {
    let told = Told::default();
    let tell = Arc::clone(&told);
    let observer = Observer::new(move |statement| {
        tell.lock().unwrap().push((statement.sql.to_owned(), statement.rows, statement.end));
    });
    (Settings { observer: Some(observer), ..settings() }, told)
}

fn take(told: &Told) -> Vec<(String, u64, End)> {
    std::mem::take(&mut told.lock().unwrap())
}

#[tokio::test]
async fn every_statement_is_told_with_its_rows_and_without_its_values() {
    let database = Database::new().await;
    let (settings, told) = observed();
    let db = Db::open(database.url(), settings).unwrap();
    with_notes(&db).await;
    take(&told);
    for id in 1..=3 {
        insert(&db, id).await.unwrap();
    }
    let rows: Vec<(i64,)> =
        db.fetch_all(sqlx::query_as("SELECT id FROM notes WHERE id > $1").bind(1_i64)).await.unwrap();
    assert_eq!(rows, [(2,), (3,)]);
    let mut select = sqlx::QueryBuilder::new("SELECT id FROM notes WHERE text = ");
    select.push_bind("a secret");
    let none: Vec<(i64,)> = db.fetch_all(select.build_query_as()).await.unwrap();
    assert!(none.is_empty());
    let told = take(&told);
    let insert = "INSERT INTO notes (id, text) VALUES ($1, 'a note')";
    assert_eq!(
        told.iter().map(|(sql, rows, _)| (sql.as_str(), *rows)).collect::<Vec<_>>(),
        [
            (insert, 1),
            (insert, 1),
            (insert, 1),
            ("SELECT id FROM notes WHERE id > $1", 2),
            ("SELECT id FROM notes WHERE text = $1", 0),
        ]
    );
    assert!(told.iter().all(|(.., end)| *end == End::Done));
}

#[tokio::test]
async fn a_transaction_is_told_from_begin_to_commit() {
    let database = Database::new().await;
    let (settings, told) = observed();
    let db = Db::open(database.url(), settings).unwrap();
    with_notes(&db).await;
    take(&told);
    db.transact(async |tx: sqldb::Tx| insert(&tx.db(), 1).await).await.unwrap();
    let told: Vec<String> = take(&told).into_iter().map(|(sql, ..)| sql).collect();
    assert_eq!(told, ["BEGIN", "INSERT INTO notes (id, text) VALUES ($1, 'a note')", "COMMIT"]);
}

#[tokio::test]
async fn what_failed_and_what_was_cut_off_is_told_as_that() {
    let database = Database::new().await;
    let (settings, told) = observed();
    let db = Db::open(database.url(), settings).unwrap();
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    take(&told);
    insert(&db, 1).await.unwrap_err();
    let slow = db.execute(sqlx::query("SELECT pg_sleep(30)"));
    tokio::time::timeout(Duration::from_millis(100), slow).await.unwrap_err();
    let ends: Vec<(String, End)> = take(&told).into_iter().map(|(sql, _, end)| (sql, end)).collect();
    assert_eq!(ends.first().map(|(_, end)| *end), Some(End::Failed));
    // On a machine that opens a connection for longer than that it was never sent, and there is nothing to be told.
    assert!(ends.iter().skip(1).all(|told| *told == ("SELECT pg_sleep(30)".to_owned(), End::CutOff)), "{ends:?}");
}
