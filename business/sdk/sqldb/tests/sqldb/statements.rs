//! What a statement answers, and what its failures are called.

use std::time::Duration;

use sqldb::Error;

use crate::{count, insert, with_notes};

#[tokio::test]
async fn rows_are_fetched_and_changes_counted() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    assert_eq!(insert(&db, 1).await.unwrap(), 1);
    assert_eq!(insert(&db, 2).await.unwrap(), 1);
    let ids: Vec<(i64,)> = db.fetch_all(sqlx::query_as("SELECT id FROM notes ORDER BY id")).await.unwrap();
    assert_eq!(ids, [(1,), (2,)]);
    let one = sqlx::query_as("SELECT text FROM notes WHERE id = $1");
    assert_eq!(db.fetch_one::<(String,)>(one.bind(2_i64)).await.unwrap().0, "a note");
    let none = sqlx::query_as("SELECT text FROM notes WHERE id = $1");
    assert!(matches!(db.fetch_one::<(String,)>(none.bind(3_i64)).await, Err(Error::NotFound)));
    assert_eq!(db.execute(sqlx::query("DELETE FROM notes")).await.unwrap(), 2);
}

#[tokio::test]
async fn a_violated_rule_is_named_by_its_constraint() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    let cases = [
        ("INSERT INTO notes (id, text) VALUES (1, 'again')", "duplicate value for notes_pkey"),
        ("INSERT INTO notes (id, text) VALUES (2, repeat('x', 20))", "violates notes_text_check"),
        ("INSERT INTO notes (id, text, about) VALUES (2, 'x', 9)", "violates notes_about_fkey"),
        ("INSERT INTO notes (id) VALUES (2)", "violates text"),
    ];
    for (sql, expected) in cases {
        let error = db.execute(sqlx::query(sql)).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{sql}");
    }
    assert_eq!(count(&db).await, 1);
    assert_eq!(db.stats().closed_unclean, 0, "a reported violation leaves the connection in use");
}

#[tokio::test]
async fn a_fault_of_the_program_keeps_its_words_out_of_the_message() {
    let database = dbtest::empty().await;
    let error = database.db().execute(sqlx::query("SELECT secret FROM pg_class")).await.unwrap_err();
    assert!(matches!(error, Error::Other { .. }));
    assert_eq!(error.to_string(), "unexpected database failure");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("secret"), "the source is for the log: {source}");
}

#[tokio::test]
async fn a_table_that_its_migration_has_yet_to_make_is_a_matter_of_time() {
    let database = dbtest::empty().await;
    let db = database.db();
    let read = async || db.fetch_all::<(i64,)>(sqlx::query_as("SELECT id FROM notes")).await;
    let error = read().await.unwrap_err();
    assert_eq!(error.to_string(), "database unavailable (the schema is not migrated)");
    with_notes(&db).await;
    assert_eq!(read().await.unwrap(), []);
}

#[tokio::test]
async fn an_insert_that_fails_at_commit_is_not_acknowledged_by_its_returned_row() {
    let database = dbtest::empty().await;
    let db = database.db();
    with_notes(&db).await;
    let deferred = "ALTER TABLE notes ALTER CONSTRAINT notes_about_fkey DEFERRABLE INITIALLY DEFERRED";
    db.execute(sqlx::query(deferred)).await.unwrap();
    // The row comes back before the deferred constraint is checked.
    let insert = sqlx::query_as("INSERT INTO notes (id, text, about) VALUES (1, 'x', 9) RETURNING id");
    let outcome = db.fetch_one::<(i64,)>(insert).await;
    assert!(matches!(outcome, Err(Error::Violates { constraint }) if constraint == "notes_about_fkey"));
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn the_server_tells_its_version_clock_and_extensions() {
    let database = dbtest::empty().await;
    let before = std::time::SystemTime::now();
    let server = database.db().server().await.unwrap();
    let after = std::time::SystemTime::now();
    assert!(server.version >= 150_000, "{server:?}");
    // PostgreSQL keeps microseconds.
    let now = std::time::SystemTime::from(server.now) + Duration::from_micros(1);
    assert!(before <= now && now <= after + Duration::from_micros(1), "one machine has one clock: {server:?}");
    assert!(!server.read_only && server.extensions.iter().any(|name| name == "plpgsql"), "{server:?}");
}
