//! Statements prepared against the schema that the migrations make.

use std::collections::HashMap;

use migrate::{Migrations, Scratch};
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgColumn, PgConnection, PgTypeInfo};
use sqlx::{AssertSqlSafe, Column as _, Connection, Executor, SqlSafeStr as _, Statement as _, TypeInfo as _};

use crate::Error;

/// A scratch database with the migrations replayed.
#[derive(Debug)]
pub struct Replayed {
    scratch: Scratch,
    conn: PgConnection,
    /// Whether a column can be null, by its table and number.
    nullable: HashMap<(u32, i16), bool>,
}

/// A statement that the server takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// What a row of its answer has.
    pub columns: Vec<Column>,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type, as `text[]` or `timestamptz`.
    pub kind: String,
    /// Whether the column of the table that it comes from takes nulls; `None` for what is computed.
    pub nullable: Option<bool>,
}

/// Why the server does not take a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it says.
    pub message: String,
    /// Where in the statement, in characters from 1.
    pub position: Option<usize>,
}

/// Types of parameters that are tried where the server infers none, or the wrong one: a program names the types of what
/// it binds, a text does not. The most frequent first.
const TYPES: [&str; 6] = ["interval", "text", "int8", "float8", "timestamptz", "uuid"];

/// The most parameters of which every choice is tried.
const MOST_TRIED: usize = 6;

impl Replayed {
    /// Replays the migrations in a scratch database on the server of `url`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn new(url: &str, migrations: &Migrations) -> Result<Self, Error> {
        let scratch = Scratch::create(url).await?;
        match Self::fill(&scratch, migrations).await {
            Ok((conn, nullable)) => Ok(Self { scratch, conn, nullable }),
            Err(error) => {
                // What went wrong first is told; the scratch that stays is swept by the next one.
                let _ = scratch.drop().await;
                Err(error)
            }
        }
    }

    async fn fill(
        scratch: &Scratch,
        migrations: &Migrations,
    ) -> Result<(PgConnection, HashMap<(u32, i16), bool>), Error> {
        let mut conn = PgConnection::connect_with(scratch.options()).await?;
        scratch.replay(&mut conn, migrations).await?;
        let columns: Vec<(Oid, i16, bool)> = sqlx::query_as(
            "SELECT attrelid, attnum, NOT attnotnull FROM pg_attribute
             JOIN pg_class ON pg_class.oid = attrelid WHERE relkind IN ('r', 'p') AND attnum > 0",
        )
        .fetch_all(&mut conn)
        .await?;
        let nullable = columns.into_iter().map(|(table, number, nullable)| ((table.0, number), nullable)).collect();
        Ok((conn, nullable))
    }

    /// Has the server parse and analyse the statement, which is not run.
    ///
    /// Types of parameters are those that the server infers; where it cannot tell, some are tried, and the statement
    /// stands when it prepares with one choice of them.
    ///
    /// # Errors
    /// [`Error::Database`] when the server is gone. A statement that it does not take is a [`Refusal`].
    pub async fn prepare(&mut self, sql: &str) -> Result<Result<Prepared, Refusal>, Error> {
        let first = match self.attempt(sql, &[]).await? {
            Ok(prepared) => return Ok(Ok(prepared)),
            Err((refusal, code)) => {
                // No operator, ambiguous, no such function, mismatch, no type: what another type of a parameter may change.
                if !["42883", "42725", "42804", "42P18", "42P08"].contains(&code.as_str()) {
                    return Ok(Err(refusal));
                }
                refusal
            }
        };
        for types in choices(parameters(sql)) {
            if let Ok(prepared) = self.attempt(sql, &types).await? {
                return Ok(Ok(prepared));
            }
        }
        Ok(Err(first))
    }

    async fn attempt(&mut self, sql: &str, types: &[PgTypeInfo]) -> Result<Result<Prepared, (Refusal, String)>, Error> {
        // check: unprepared: this is what prepares the others
        let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
        match self.conn.prepare_with(text, types).await {
            Ok(statement) => {
                let columns = statement.columns().iter().map(|column| self.column(column)).collect();
                Ok(Ok(Prepared { columns }))
            }
            Err(sqlx::Error::Database(report)) => {
                let code = report.code().unwrap_or_default().into_owned();
                let position =
                    report.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| {
                        match error.position() {
                            Some(sqlx::postgres::PgErrorPosition::Original(at)) => Some(at),
                            _ => None,
                        }
                    });
                Ok(Err((Refusal { message: report.message().to_owned(), position }, code)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn column(&self, column: &PgColumn) -> Column {
        let place = column.relation_id().zip(column.relation_attribute_no());
        Column {
            name: column.name().to_owned(),
            kind: column.type_info().name().to_lowercase(),
            nullable: place.and_then(|(table, number)| self.nullable.get(&(table.0, number)).copied()),
        }
    }

    /// The tables of the product.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tables(&mut self) -> Result<Vec<String>, Error> {
        Ok(crate::fill::tables(&mut self.conn).await?.into_iter().map(|table| table.name).collect())
    }

    /// Takes the scratch database away.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn leave(self) -> Result<(), Error> {
        // A failure to say goodbye changes nothing.
        let _ = self.conn.close().await;
        Ok(self.scratch.drop().await?)
    }
}

/// The highest number of a parameter.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    });
    numbers.max().unwrap_or_default()
}

/// The types to try: intervals in every place or set of places, then each other type in each place.
fn choices(count: usize) -> impl Iterator<Item = Vec<PgTypeInfo>> {
    // 0 leaves the choice to the server.
    let unknown = || PgTypeInfo::with_oid(Oid(0));
    let sets = if count <= MOST_TRIED { 1_usize << count } else { 0 };
    let intervals = (1..sets).map(move |set| {
        let kind = |place: usize| if set >> place & 1 == 1 { PgTypeInfo::with_name("interval") } else { unknown() };
        (0..count).map(kind).collect()
    });
    let singles = TYPES.iter().flat_map(move |name| {
        (0..count).map(move |place| {
            let kind = |at: usize| if at == place { PgTypeInfo::with_name(name) } else { unknown() };
            (0..count).map(kind).collect()
        })
    });
    intervals.chain(singles)
}
