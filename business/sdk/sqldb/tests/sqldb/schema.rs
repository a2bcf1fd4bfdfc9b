//! A schema that changes, and a server that changes its role, under a pool that is in use.

use sqldb::{Db, Error};

use crate::{insert, settings, with_notes};

/// Runs `sql` on four connections at once, so that each has seen it.
async fn on_each(db: &Db, sql: &'static str) {
    let one = async || db.execute(sqlx::query(sql)).await.unwrap();
    tokio::join!(one(), one(), one(), one());
    assert_eq!(db.stats().connections, 4);
}

#[tokio::test]
async fn a_changed_table_costs_one_request_and_not_one_for_each_connection() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    on_each(&db, "SELECT *, pg_sleep(0.2) FROM notes").await;
    database.execute("ALTER TABLE notes ADD COLUMN stars integer").await;
    let mut failures = Vec::new();
    for _ in 0..20 {
        if let Err(error) = db.execute(sqlx::query("SELECT *, pg_sleep(0.2) FROM notes")).await {
            failures.push(error);
        }
    }
    assert!(failures.len() <= 1, "{failures:?}");
    assert!(failures.iter().all(|error| matches!(error, Error::Unavailable { .. })), "{failures:?}");
}

#[tokio::test]
async fn a_changed_table_is_met_in_a_transaction_too() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    with_notes(&db).await;
    let read = async || {
        db.transact(async |tx| tx.db().fetch_all::<(String,)>(sqlx::query_as("SELECT text FROM notes")).await).await
    };
    read().await.unwrap();
    database.execute("ALTER TABLE notes ALTER COLUMN text TYPE varchar(30)").await;
    assert!(matches!(read().await, Err(Error::Unavailable { .. })));
    read().await.unwrap();
}

#[tokio::test]
async fn a_table_made_anew_is_used_at_once() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    with_notes(&db).await;
    insert(&db, 1).await.unwrap();
    database.execute("DROP TABLE notes").await;
    with_notes(&database.db()).await;
    insert(&db, 1).await.unwrap();
    assert_eq!(crate::count(&db).await, 1);
}

#[tokio::test]
async fn a_server_that_became_a_replica_costs_one_write_and_not_one_for_each_connection() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    with_notes(&db).await;
    // What a session on a demoted primary sees; a new session is on the new primary.
    on_each(&db, "SELECT set_config('default_transaction_read_only', 'on', false), pg_sleep(0.2)").await;
    assert!(matches!(insert(&db, 1).await, Err(Error::Unavailable { .. })));
    for id in 2..10 {
        insert(&db, id).await.unwrap();
    }
}

#[tokio::test]
async fn a_failure_that_the_session_outlives_keeps_its_connection() {
    let database = dbtest::empty().await;
    let db = database.db_with(settings());
    database
        .execute(
            "CREATE FUNCTION raise_state(state text) RETURNS void LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'asked for' USING ERRCODE = state; END $$",
        )
        .await;
    // disk_full, out_of_memory, configuration_limit_exceeded, undefined_table, query_canceled
    for state in ["53100", "53200", "53400", "42P01", "57014"] {
        let error = db.execute(sqlx::query("SELECT raise_state($1)").bind(state)).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. } | Error::DeadlineExceeded), "{state}: {error:?}");
    }
    assert_eq!(db.stats().closed_unclean, 0, "a full disk is no reason to open connections");
}
