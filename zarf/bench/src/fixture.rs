//! The database of a run: a PostgreSQL of its own, with its usual durability, in a temporary folder.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};
use pgcluster::{Cluster, Options};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use uuid::Uuid;

/// The log of the service, in the folder of the run.
pub const LOG: &str = "platform.log";

/// A PostgreSQL for the time of a run, and what the contenders need beside it.
pub struct Fixture {
    cluster: Option<Cluster>,
    folder: TempDir,
}

impl Fixture {
    /// Starts the server.
    ///
    /// # Errors
    /// It does not start; the error names the mend.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("marquee-bench").tempdir_in("/var/tmp")?;
        // Root's server runs under another account, which has to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let options = Options::new(folder.path().join("db"), "marquee")
            .setting("shared_buffers", "512MB")
            .setting("max_wal_size", "4GB");
        let cluster = Cluster::start(&options).context("starting PostgreSQL")?;
        Ok(Self { cluster: Some(cluster), folder })
    }

    /// A folder for logs and keys.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The size of the service's log.
    ///
    /// # Errors
    /// There is none.
    pub fn log_bytes(&self) -> Result<u64> {
        Ok(std::fs::metadata(self.folder().join(LOG))?.len())
    }

    /// Makes a database, if it is missing, and gives its address.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self, name: &str) -> Result<String> {
        let cluster = self.cluster.as_ref().context("the server was stopped")?;
        cluster.create_database_if_missing(name)?;
        Ok(cluster.url(name))
    }

    /// The program `pgbench` of the server's version, or that of the system, and the options that lead it to `database`.
    ///
    /// # Errors
    /// The server was stopped.
    pub fn pgbench(&self, database: &str) -> Result<(PathBuf, Vec<String>)> {
        let cluster = self.cluster.as_ref().context("the server was stopped")?;
        let psql = cluster.psql_command(database);
        let program = Path::new(psql.get_program()).with_file_name("pgbench");
        let program = if program.exists() { program } else { PathBuf::from("pgbench") };
        // pgbench takes psql's connection options, and the database without `--dbname`.
        let connection: Vec<String> = psql
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned())
            .filter(|argument| argument != "--dbname")
            .collect();
        Ok((program, connection))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            let _ = cluster.stop();
        }
    }
}

/// A connection outside of any pool.
///
/// # Errors
/// The server refuses.
pub async fn connect(url: &str) -> Result<PgConnection> {
    Ok(PgConnectOptions::from_str(url)?.disable_statement_logging().connect().await?)
}

/// The ids of all films, in random order but the same in every run of one database.
///
/// # Errors
/// The server refuses.
pub async fn movie_ids(url: &str) -> Result<Vec<Uuid>> {
    let mut connection = connect(url).await?;
    let ids = sqlx::query_scalar("SELECT movie_id FROM movies ORDER BY md5(movie_id::text)")
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    Ok(ids)
}

/// Fills the catalogue up to `rows` films with made-up ones.
///
/// # Errors
/// The server refuses.
pub async fn fill(url: &str, rows: i64) -> Result<()> {
    let mut connection = connect(url).await?;
    let sql = "INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, \
         price_currency, stock, version, created_at, updated_at) \
         SELECT gen_random_uuid(), 'Film ' || number, 1900 + number % 120, 60 + number % 120, \
         ARRAY['Drama'], 'Director ' || number % 5000, 'PG', 500 + number % 2000, 'USD', 10, 1, \
         now() - number * interval '1 second', now() \
         FROM generate_series(1, $1 - (SELECT count(*) FROM movies)) AS number";
    sqlx::query(sql).bind(rows).execute(&mut connection).await?;
    sqlx::raw_sql("VACUUM ANALYZE movies").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
