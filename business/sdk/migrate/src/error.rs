//! What can go wrong with migrations.

use std::time::Duration;

/// Why the schema could not be changed or looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not one of PostgreSQL.
    #[error("not a PostgreSQL URL (postgres://user:password@host:port/database)")]
    Url,

    /// The server could not be reached.
    #[error("cannot connect to the database")]
    Connect {
        /// Why.
        source: sqlx::Error,
    },

    /// A migration that was applied has another text now.
    #[error("{file} was changed after it was applied; restore it and write the change as a new migration")]
    Changed {
        /// The file of the migration.
        file: String,
    },

    /// A migration failed; the database is as it was before it.
    #[error("{file} failed and was rolled back")]
    Failed {
        /// The file of the migration.
        file: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },

    /// A migration waited too long for a lock that the running service holds; the database is as it was before it.
    #[error("{file} could not lock a table within {limit:?} and was rolled back; try again when less is going on")]
    Locked {
        /// The file of the migration.
        file: String,
        /// How long it waited at most.
        limit: Duration,
    },

    /// Somebody else migrates the database for longer than this one is willing to wait.
    #[error("another process migrates this database, and has not finished within {limit:?}")]
    Busy {
        /// How long this one waited.
        limit: Duration,
    },

    /// The scratch database for a comparison could not be made.
    #[error("cannot make a scratch database for the comparison (does the role have CREATEDB?)")]
    Scratch {
        /// Why.
        source: sqlx::Error,
    },

    /// The folder of migrations could not be read.
    #[error("cannot read the migrations")]
    Source {
        /// Why.
        source: sqlx::migrate::MigrateError,
    },

    /// The bookkeeping or the catalogue could not be read or written.
    #[error("the database failed")]
    Database {
        /// Why.
        #[from]
        source: sqlx::Error,
    },

    /// As [`Error::Database`], through the pool.
    #[error("the database failed")]
    Pool {
        /// Why.
        #[from]
        source: sqldb::Error,
    },

    /// As [`Error::Database`], from the migrator.
    #[error("the bookkeeping of migrations failed")]
    Bookkeeping {
        /// Why.
        #[from]
        source: sqlx::migrate::MigrateError,
    },
}
