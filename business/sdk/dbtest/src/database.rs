//! A database of one test.

use std::str::FromStr;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::fail;
use crate::server::{Server, shared};

/// A database of one test, dropped with this value, also when the test panics.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
}

/// A database without any migration.
///
/// # Panics
///
/// When PostgreSQL cannot be used; the message says what to do.
pub async fn empty() -> Database {
    blocking(|| Database::copy(shared(), "template0")).await
}

impl Database {
    /// A copy of the migrated database.
    ///
    /// # Panics
    ///
    /// When PostgreSQL cannot be used; the message says what to do.
    pub async fn new() -> Self {
        blocking(|| Self::copy(shared(), &shared().template)).await
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A small pool on it, of its own. Call it inside of a runtime.
    #[must_use]
    pub fn db(&self) -> sqldb::Db {
        self.patient(4)
    }

    /// A pool of one connection, for which all who use it take turns. Call it inside of a runtime.
    #[must_use]
    pub fn db_of_one(&self) -> sqldb::Db {
        self.patient(1)
    }

    /// A test has few connections and much patience: machines that build at the same time are slow.
    fn patient(&self, max_connections: usize) -> sqldb::Db {
        let patience = std::time::Duration::from_secs(10);
        self.db_with(sqldb::Settings {
            max_connections,
            min_connections: 0,
            acquire_timeout: patience,
            deadline: patience,
            ..sqldb::Settings::default()
        })
    }

    /// A pool on it with other limits. Call it inside of a runtime.
    #[must_use]
    pub fn db_with(&self, settings: sqldb::Settings) -> sqldb::Db {
        match sqldb::Db::open(&self.url, settings) {
            Ok(db) => db,
            Err(error) => fail("open a pool", &error),
        }
    }

    /// For a connection of one's own.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        match PgConnectOptions::from_str(&self.url) {
            Ok(options) => options,
            Err(error) => fail("parse the address of a test database", &error),
        }
    }

    /// A connection outside of any pool, for what a store does not do.
    pub async fn connect(&self) -> PgConnection {
        match PgConnection::connect_with(&self.options()).await {
            Ok(conn) => conn,
            Err(error) => fail("connect to a test database", &error),
        }
    }

    /// What the statement counts: one row of one bigint.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut conn = self.connect().await;
        match sqlx::query_scalar(sql).fetch_one(&mut conn).await {
            Ok(count) => count,
            Err(error) => fail(sql, &error),
        }
    }

    /// Runs statements behind the back of the code under test.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub async fn execute(&self, sql: impl Into<String>) {
        let mut conn = self.connect().await;
        let sql = sql.into();
        // A test says what it runs; nothing of it comes from outside.
        if let Err(error) = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.as_str())).execute(&mut conn).await {
            fail(&sql, &error);
        }
    }

    fn copy(server: &Server, template: &str) -> Self {
        let name = server.next_name();
        // Copied file by file: 13 ms where writing each page to the log takes 30, since nothing is flushed here.
        let copy = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" STRATEGY file_copy");
        if server.cluster.query("postgres", &copy).is_err() {
            // Other checkouts that are tested now may have dropped the template, to have room for theirs.
            server.ensure_template();
            server.run(&copy);
        }
        Self { url: server.cluster.url(&name), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What cannot be dropped now is swept by the next run; a panic while panicking would end the whole run.
        let drop = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        let _ = shared().cluster.query("postgres", &drop);
    }
}

/// Runs what blocks beside the runtime, and passes its panic on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(error) => fail("wait for the server of tests", &error),
        },
    }
}
