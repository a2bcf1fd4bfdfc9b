//! The schema's migrations on real databases: applied once, survived by a kill, compared.

#![expect(clippy::unwrap_used, reason = "a test fails where something unexpected happens")]

mod product;
mod replicas;
mod states;
mod verification;

use std::path::Path;

use migrate::Migrations;
use sqlx::{AssertSqlSafe, Executor};

/// A folder with these migrations, numbered from 1.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, sql)) in (1..).zip(files) {
        add(folder.path(), number, name, sql);
    }
    folder
}

pub(crate) fn add(folder: &Path, number: i64, name: &str, sql: &str) {
    std::fs::write(folder.join(format!("{number:04}_{name}.sql")), sql).unwrap();
}

pub(crate) async fn read(folder: &tempfile::TempDir) -> Migrations {
    Migrations::read(folder.path()).await.unwrap()
}

pub(crate) async fn execute(database: &dbtest::Database, sql: &str) {
    database.connect().await.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

pub(crate) async fn value<T>(database: &dbtest::Database, sql: &str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let mut conn = database.connect().await;
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut conn).await.unwrap()
}
