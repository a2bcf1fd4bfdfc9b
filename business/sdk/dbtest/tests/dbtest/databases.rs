//! A database per test.

use std::time::{Duration, Instant};

use dbtest::Database;

#[tokio::test]
async fn a_database_is_migrated_and_its_own() {
    let (one, two) = tokio::join!(Database::new(), Database::new());
    assert_eq!(migrate::pending(&one.db()).await.unwrap(), 0);
    let insert = "INSERT INTO secrets (name, value) VALUES ('mine', decode(repeat('00', 16), 'hex'))";
    one.db().execute(sqlx::query(insert)).await.unwrap();
    let (count,): (i64,) =
        two.db().fetch_one(sqlx::query_as("SELECT count(*) FROM secrets WHERE name = 'mine'")).await.unwrap();
    assert_eq!(count, 0, "the other test sees nothing of it");
}

#[tokio::test]
async fn an_empty_database_has_no_migration() {
    let database = dbtest::empty().await;
    assert!(migrate::pending(&database.db()).await.unwrap() > 0);
}

#[tokio::test]
async fn a_database_goes_with_its_test_even_when_that_panics_with_connections_open() {
    let database = Database::new().await;
    let name = database.name().to_owned();
    let mut conn = database.connect().await;
    let task = tokio::task::spawn_blocking(move || {
        let _database = database;
        panic!("a failing test");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(!exists(&name), "{name} is still there");
    sqlx::query("SELECT 1").execute(&mut conn).await.unwrap_err();
}

#[tokio::test]
async fn one_after_the_other_costs_little() {
    Database::new().await; // the template is there
    let began = Instant::now();
    for _ in 0..10 {
        drop(Database::new().await);
    }
    println!("a database, made and dropped: {:?}", began.elapsed() / 10);
}

#[tokio::test]
async fn many_at_once_all_get_one_and_soon() {
    Database::new().await; // the template is there
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        tasks.spawn(async {
            let began = Instant::now();
            let database = Database::new().await;
            let took = began.elapsed();
            assert_eq!(migrate::pending(&database.db()).await.unwrap(), 0);
            took
        });
    }
    let each: Duration = tasks.join_all().await.into_iter().sum();
    println!("16 databases: {:?} altogether, {:?} to wait for one", began.elapsed(), each / 16);
}

fn exists(name: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    !dbtest::server().query("postgres", &sql).unwrap().is_empty()
}

#[tokio::test]
async fn a_template_that_another_checkout_dropped_is_made_anew() {
    let before = Database::new().await;
    let template = format!("template_{}", migrate::fingerprint());
    let drop = format!("DROP DATABASE IF EXISTS \"{template}\"");
    let mut conn = before.connect().await;
    // Not while somebody copies it.
    let dropped =
        async { while sqlx::raw_sql(sqlx::AssertSqlSafe(drop.as_str())).execute(&mut conn).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), dropped).await.unwrap();
    let after = Database::new().await;
    assert_eq!(migrate::pending(&after.db()).await.unwrap(), 0);
}
