//! An empty database beside the live one, for one comparison or one rehearsal.
//!
//! Its maker holds an advisory lock on its name for the life of its own connection, so that the next one can tell the
//! database of a crashed one, and drops it.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::error::Error;
use crate::{Migrations, apply, session};

/// A database of its own, on the server of another, that [`Scratch::drop`] takes away. One that is left behind, since its
/// process was killed, is dropped by the next.
#[derive(Debug)]
pub struct Scratch {
    live: PgConnection,
    options: PgConnectOptions,
    name: String,
}

impl Scratch {
    /// Makes an empty one on the server of `url`.
    ///
    /// # Errors
    ///
    /// [`Error::Scratch`] when the role may not create a database; see [`Error`] for the rest.
    pub async fn create(url: &str) -> Result<Self, Error> {
        let options = session::options(url)?;
        let mut live = session::connect(&options).await?;
        let name = create(&mut live).await?;
        Ok(Self { live, options: options.database(&name), name })
    }

    /// The way to it, with the limits of a migration's session.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Applies migrations to it, in order, on `conn`, a connection to it.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] for one that fails; see [`Error`] for the rest.
    pub async fn replay(&self, conn: &mut PgConnection, migrations: &Migrations) -> Result<(), Error> {
        crate::ensure_bookkeeping(conn).await?;
        for migration in migrations.iter() {
            apply(conn, migration).await?;
        }
        Ok(())
    }

    /// Takes it away, whoever is connected to it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when the server refuses.
    pub async fn drop(mut self) -> Result<(), Error> {
        drop(&mut self.live, &self.name).await?;
        // A failure to say goodbye changes nothing about what was done.
        let _ = self.live.close().await;
        Ok(())
    }
}

/// Makes one; its name.
pub(crate) async fn create(live: &mut PgConnection) -> Result<String, Error> {
    // The names of one database's comparisons: advisory locks are told apart by database as well.
    let prefix: String = sqlx::query_scalar(
        "SELECT 'marquee_verify_' || oid || '_' FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(&mut *live)
    .await?;
    sweep(live, &prefix).await?;
    let name: String = sqlx::query_scalar("SELECT $1 || replace(gen_random_uuid()::text, '-', '')")
        .bind(&prefix)
        .fetch_one(&mut *live)
        .await?;
    hold(live, &name).await?;
    // check: unprepared: the name of a database is no parameter
    live.execute(AssertSqlSafe(format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")))
        .await
        .map_err(|source| Error::Scratch { source })?;
    Ok(name)
}

pub(crate) async fn drop(live: &mut PgConnection, name: &str) -> Result<(), Error> {
    // check: unprepared: the name of a database is no parameter
    live.execute(AssertSqlSafe(format!("DROP DATABASE \"{name}\" WITH (FORCE)"))).await?;
    Ok(())
}

async fn sweep(live: &mut PgConnection, prefix: &str) -> Result<(), Error> {
    let names: Vec<String> = sqlx::query_scalar("SELECT datname FROM pg_database WHERE starts_with(datname, $1)")
        .bind(prefix)
        .fetch_all(&mut *live)
        .await?;
    for name in names {
        if hold(live, &name).await? {
            // check: unprepared: the name of a database is no parameter
            live.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))).await?;
        }
    }
    Ok(())
}

/// True unless another connection holds it.
async fn hold(live: &mut PgConnection, name: &str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))").bind(name).fetch_one(live).await?)
}
