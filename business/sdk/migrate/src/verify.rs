//! The live schema compared with what the migrations make of an empty database.

use std::collections::BTreeMap;
use std::fmt;

use sqlx::migrate::Migration;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use crate::error::Error;
use crate::scratch;
use crate::session;
use crate::{Migrations, apply};

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Migrations the database does not have yet; they were left out of the comparison.
    pub pending: Vec<String>,
    /// Versions the database has and this program does not know: it was migrated by a newer release. What they made is
    /// among the differences.
    pub unknown: Vec<i64>,
    /// Where the database is not what its migrations make.
    pub differences: Vec<Difference>,
}

/// An object that is not as the migrations make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The object, such as `column public.movies.title`.
    pub object: String,
    /// Its definition according to the migrations; `None` when they make no such object.
    pub expected: Option<String>,
    /// Its definition in the database; `None` when it is not there.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match (&self.expected, &self.found) {
            (Some(_), None) => write!(f, "{object} is missing"),
            (None, Some(_)) => write!(f, "{object} is in no migration"),
            (expected, found) => {
                let text = |definition: &Option<String>| definition.clone().unwrap_or_default();
                write!(f, "{object} is `{}`, not `{}`", text(found), text(expected))
            }
        }
    }
}

/// See [`Migrations::verify`].
pub(crate) async fn verify(migrations: &Migrations, url: &str) -> Result<Verification, Error> {
    let options = session::options(url)?;
    let mut live = session::connect(&options).await?;
    let applied = migrations.applied(&mut live).await?;
    let mut verification = Verification::default();
    let mut replayed = Vec::new();
    for migration in migrations.iter() {
        match applied.iter().find(|one| one.version == migration.version) {
            Some(one) if one.checksum != migration.checksum => {
                return Err(Error::Changed { file: crate::file_name(migration) });
            }
            Some(_) => replayed.push(migration),
            None => verification.pending.push(crate::file_name(migration)),
        }
    }
    verification.unknown = migrations.unknown(&applied);

    let name = scratch::create(&mut live).await?;
    let expected = replay(&options.database(&name), &replayed, !applied.is_empty()).await;
    scratch::drop(&mut live, &name).await?;

    let found = schema(&mut live).await?;
    verification.differences = differences(&expected?, &found);
    Ok(verification)
}

/// The schema that these migrations make of an empty database.
async fn replay(options: &PgConnectOptions, migrations: &[&Migration], has_books: bool) -> Result<Schema, Error> {
    let mut conn = session::connect(options).await?;
    if has_books {
        crate::ensure_bookkeeping(&mut conn).await?;
    }
    for migration in migrations {
        apply(&mut conn, migration).await?;
    }
    let schema = schema(&mut conn).await?;
    conn.close().await?;
    Ok(schema)
}

type Schema = BTreeMap<String, String>;

async fn schema(conn: &mut PgConnection) -> Result<Schema, Error> {
    // Definitions are written with the schemas that are not on the path: the same path, the same text.
    conn.execute("SET search_path TO public").await?;
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(include_str!("schema.sql")).fetch_all(&mut *conn).await?;
    Ok(rows.into_iter().map(|(object, definition)| (object, definition.unwrap_or_default())).collect())
}

fn differences(expected: &Schema, found: &Schema) -> Vec<Difference> {
    let mut objects: Vec<&String> = expected.keys().chain(found.keys()).collect();
    objects.sort_unstable();
    objects.dedup();
    objects
        .into_iter()
        .filter(|object| expected.get(*object) != found.get(*object))
        .map(|object| Difference {
            object: object.clone(),
            expected: expected.get(object).cloned(),
            found: found.get(object).cloned(),
        })
        .collect()
}
