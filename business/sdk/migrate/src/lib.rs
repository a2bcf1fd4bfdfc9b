//! The schema of the product: its migrations, applied once and verified.
//!
//! Migrations are numbered SQL files, embedded in the program. They are applied in order on a connection of their own,
//! each in a transaction together with the note that it was applied, under an advisory lock that ends with the
//! connection: any number of replicas may start at once, and one that is killed leaves nothing behind.

mod error;
mod scratch;
mod session;
mod verify;

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::types::chrono::{DateTime, Utc};

pub use error::Error;
pub use scratch::Scratch;
pub use verify::{Difference, Verification};

/// How long [`up`] waits for another process that migrates the same database.
pub const WAIT_FOR_OTHERS: Duration = Duration::from_secs(60);

/// What [`up`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was applied, in order; empty when there was nothing to do.
    pub applied: Vec<Applied>,
    /// How long another process was waited for.
    pub waited: Duration,
    /// Versions the database has and this program does not know: it was migrated by a newer release.
    pub unknown: Vec<i64>,
}

/// A migration that was applied now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The number of the migration.
    pub version: i64,
    /// Its file, such as `0001_extensions.sql`.
    pub file: String,
    /// How long it took.
    pub took: Duration,
}

/// A migration and how the database stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number of the migration.
    pub version: i64,
    /// Its file; the description the database keeps when the file is not known here.
    pub file: String,
    /// Where it stands.
    pub state: State,
}

/// Where a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The database has it.
    Applied {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// The database does not have it yet.
    Pending,
    /// The database has it, with another text.
    Changed {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// The database has it, and this program does not know it: a newer release applied it.
    Unknown {
        /// Since when.
        at: DateTime<Utc>,
    },
}

/// Applies the product's pending migrations. See [`Migrations::up`].
///
/// # Errors
///
/// See [`Error`]; whatever it is, each migration is either applied as a whole or not at all.
pub async fn up(url: &str) -> Result<Report, Error> {
    Migrations::embedded().up(url, WAIT_FOR_OTHERS).await
}

/// How the database stands to the product's migrations. See [`Migrations::status`].
///
/// # Errors
///
/// [`Error::Pool`] when the database fails.
pub async fn status(db: &sqldb::Db) -> Result<Vec<Status>, Error> {
    Migrations::embedded().status(db).await
}

/// How many of the product's migrations the database lacks. See [`Migrations::pending`].
///
/// # Errors
///
/// [`Error::Pool`] when the database fails.
pub async fn pending(db: &sqldb::Db) -> Result<usize, Error> {
    Migrations::embedded().pending(db).await
}

/// Compares the live schema with the product's migrations. See [`Migrations::verify`].
///
/// # Errors
///
/// [`Error::Scratch`] when the role may not create a database; see [`Error`] for the rest.
pub async fn verify(url: &str) -> Result<Verification, Error> {
    Migrations::embedded().verify(url).await
}

/// A text that differs when any of the product's migrations does, for names of databases made from them.
#[must_use]
pub fn fingerprint() -> String {
    Migrations::embedded().fingerprint()
}

static EMBEDDED: Migrator = sqlx::migrate!("./migrations");

/// The table sqlx keeps its books in.
const TABLE: &str = "_sqlx_migrations";

/// A set of migrations.
#[derive(Debug)]
pub struct Migrations {
    list: Vec<Migration>,
}

impl Migrations {
    /// Those of the product.
    #[must_use]
    pub fn embedded() -> Self {
        Self { list: EMBEDDED.iter().cloned().collect() }
    }

    /// Those of a folder.
    ///
    /// # Errors
    ///
    /// [`Error::Source`] when it cannot be read, or a file's name is not `<number>_<description>.sql`.
    pub async fn read(folder: &Path) -> Result<Self, Error> {
        let migrator = Migrator::new(folder).await.map_err(|source| Error::Source { source })?;
        Ok(Self { list: migrator.iter().cloned().collect() })
    }

    /// Those whose file is none of `files`, and those whose file is.
    #[must_use]
    pub fn partition(self, files: &[String]) -> (Self, Self) {
        let (named, others) = self.list.into_iter().partition(|one| files.contains(&file_name(one)));
        (Self { list: others }, Self { list: named })
    }

    /// Their files, in order.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.list.iter().map(file_name).collect()
    }

    /// Each of them alone, with its file and its text.
    pub fn each(&self) -> impl Iterator<Item = (String, Self, String)> {
        self.list.iter().map(|one| (file_name(one), Self { list: vec![one.clone()] }, one.sql.as_str().to_owned()))
    }

    /// Applies what is pending, on a connection of its own, waiting at most `wait` for another process that does the
    /// same. Migrations of a newer release are left alone.
    ///
    /// # Errors
    ///
    /// See [`Error`]; whatever it is, each migration is either applied as a whole or not at all.
    pub async fn up(&self, url: &str, wait: Duration) -> Result<Report, Error> {
        let mut conn = session::connect(&session::options(url)?).await?;
        let began = Instant::now();
        session::lock(&mut conn, wait).await?;
        let mut report = Report { waited: began.elapsed(), ..Report::default() };
        ensure_bookkeeping(&mut conn).await?;
        let applied = self.applied(&mut conn).await?;
        report.unknown = self.unknown(&applied);
        // All are looked at before the first is applied: with a changed file, nothing is to be trusted.
        for migration in &self.list {
            let before = applied.iter().find(|one| one.version == migration.version);
            if before.is_some_and(|one| one.checksum != migration.checksum) {
                return Err(Error::Changed { file: file_name(migration) });
            }
        }
        for migration in &self.list {
            if applied.iter().any(|one| one.version == migration.version) {
                continue;
            }
            let took = apply(&mut conn, migration).await?;
            report.applied.push(Applied { version: migration.version, file: file_name(migration), took });
        }
        // Ends the lock; a failure to say goodbye changes nothing about what was done.
        let _ = sqlx::Connection::close(conn).await;
        Ok(report)
    }

    /// How the database stands to each migration, in order of version.
    ///
    /// # Errors
    ///
    /// [`Error::Pool`] when the database fails.
    pub async fn status(&self, db: &sqldb::Db) -> Result<Vec<Status>, Error> {
        let rows: Vec<(i64, String, Vec<u8>, DateTime<Utc>)> = if has_books(db).await? {
            db.fetch_all(sqlx::query_as(
                "SELECT version, description, checksum, installed_on FROM public._sqlx_migrations ORDER BY version",
            ))
            .await?
        } else {
            Vec::new()
        };
        let known = self.list.iter().map(|migration| Status {
            version: migration.version,
            file: file_name(migration),
            state: match rows.iter().find(|row| row.0 == migration.version) {
                None => State::Pending,
                Some(row) if row.2 == *migration.checksum => State::Applied { at: row.3 },
                Some(row) => State::Changed { at: row.3 },
            },
        });
        let unknown = rows
            .iter()
            .filter(|row| self.list.iter().all(|migration| migration.version != row.0))
            .map(|row| Status { version: row.0, file: row.1.clone(), state: State::Unknown { at: row.3 } });
        let mut all: Vec<Status> = known.chain(unknown).collect();
        all.sort_by_key(|status| status.version);
        Ok(all)
    }

    /// How many migrations the database lacks: two small queries, for a readiness check.
    ///
    /// # Errors
    ///
    /// [`Error::Pool`] when the database fails.
    pub async fn pending(&self, db: &sqldb::Db) -> Result<usize, Error> {
        if !has_books(db).await? {
            return Ok(self.list.len());
        }
        let rows: Vec<(i64,)> = db.fetch_all(sqlx::query_as("SELECT version FROM public._sqlx_migrations")).await?;
        Ok(self.list.iter().filter(|migration| !rows.contains(&(migration.version,))).count())
    }

    /// Compares the live schema with one made by the same migrations in a scratch database on the same server.
    ///
    /// # Errors
    ///
    /// [`Error::Scratch`] when the role may not create a database; see [`Error`] for the rest.
    pub async fn verify(&self, url: &str) -> Result<Verification, Error> {
        verify::verify(self, url).await
    }

    /// A text that differs when any of the migrations does.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // FNV-1a, 64 bits, over the SHA-384 that sqlx keeps of each file: it only has to tell versions apart.
        let bytes = self.list.iter().flat_map(|one| one.version.to_be_bytes().into_iter().chain(one.checksum.to_vec()));
        let hash = bytes
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{hash:016x}")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Migration> {
        self.list.iter()
    }

    pub(crate) async fn applied(&self, conn: &mut PgConnection) -> Result<Vec<AppliedMigration>, Error> {
        let exists: bool = sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *conn)
            .await?;
        if !exists {
            return Ok(Vec::new());
        }
        Ok(conn.list_applied_migrations(TABLE).await?)
    }

    pub(crate) fn unknown(&self, applied: &[AppliedMigration]) -> Vec<i64> {
        applied
            .iter()
            .map(|one| one.version)
            .filter(|version| self.list.iter().all(|migration| migration.version != *version))
            .collect()
    }
}

pub(crate) fn file_name(migration: &Migration) -> String {
    format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_"))
}

pub(crate) async fn ensure_bookkeeping(conn: &mut PgConnection) -> Result<(), Error> {
    Ok(conn.ensure_migrations_table(TABLE).await?)
}

pub(crate) async fn apply(conn: &mut PgConnection, migration: &Migration) -> Result<Duration, Error> {
    conn.apply(TABLE, migration).await.map_err(|source| {
        let file = file_name(migration);
        match &source {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if error.as_database_error().is_some_and(|report| report.code().as_deref() == Some("55P03")) =>
            {
                Error::Locked { file, limit: session::LOCK_TIMEOUT }
            }
            _ => Error::Failed { file, source },
        }
    })
}

async fn has_books(db: &sqldb::Db) -> Result<bool, Error> {
    let row: (bool,) =
        db.fetch_one(sqlx::query_as("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")).await?;
    Ok(row.0)
}
