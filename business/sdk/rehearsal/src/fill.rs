//! Rows for a table of which nothing is known but its catalogue.
//!
//! For each column there are a few expressions that may do. A row is inserted; the constraint that refuses it names the
//! columns whose expressions are changed next, until one is taken or all were tried.

use std::collections::BTreeMap;

use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::Error;
use crate::locks::Unfilled;

/// A table of the schema.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) oid: u32,
    pub(crate) name: String,
}

/// How often rows are tried for one table.
const ATTEMPTS: usize = 2000;

/// A column with the expressions that may do; `g` is the number of the row.
struct Column {
    name: String,
    number: i16,
    choices: Vec<Choice>,
    at: usize,
}

#[derive(Clone)]
enum Choice {
    /// The column is not named: it has its default.
    Default,
    Sql(String),
    /// The column of the parent with this place among the joins.
    Parent(usize, String),
}

/// A table that others refer to.
struct Parent {
    name: String,
    columns: Vec<(i16, String)>,
}

/// Every table of the product.
pub(crate) async fn tables(conn: &mut PgConnection) -> Result<Vec<Table>, Error> {
    let rows: Vec<(Oid, String)> = sqlx::query_as(
        "SELECT oid, relname::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '_sqlx_migrations' ORDER BY relname",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(oid, name)| Table { oid: oid.0, name }).collect())
}

/// Fills the table with about `rows` rows, those that it refers to first; `filled` keeps what came of each.
pub(crate) async fn fill(
    conn: &mut PgConnection,
    tables: &[Table],
    oid: u32,
    rows: u32,
    filled: &mut BTreeMap<u32, Option<Unfilled>>,
) -> Result<(), Error> {
    if filled.contains_key(&oid) {
        return Ok(());
    }
    let Some(table) = tables.iter().find(|table| table.oid == oid) else { return Ok(()) };
    // Those that refer to themselves, or in a circle, find it taken.
    filled.insert(oid, None);
    let parents = parents(conn, oid).await?;
    for (parent, _) in &parents {
        Box::pin(fill(conn, tables, *parent, rows, filled)).await?;
    }
    let parents: Vec<Parent> = parents.into_iter().map(|(_, parent)| parent).collect();
    let failure = insert(conn, table, &parents, rows).await?;
    // check: unprepared: it is for whatever tables there are
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM public.\"{}\"", table.name)))
        .fetch_one(conn)
        .await?;
    let unfilled = failure.map(|reason| Unfilled { table: table.name.clone(), rows: count, reason });
    filled.insert(oid, unfilled);
    Ok(())
}

/// One row until it is taken, then the rest; why not, if it cannot be.
async fn insert(
    conn: &mut PgConnection,
    table: &Table,
    parents: &[Parent],
    rows: u32,
) -> Result<Option<String>, Error> {
    let mut columns = columns(conn, table.oid, parents).await?;
    let constraints = constraints(conn, table.oid).await?;
    for _ in 0..ATTEMPTS {
        let mut tx = conn.begin().await?;
        // The first row tells most faults, and costs least; the rest tells which values have to differ.
        // check: unprepared: it is for whatever tables there are
        let mut outcome = tx.execute(AssertSqlSafe(statement(table, &columns, parents, 1, 1))).await;
        if outcome.is_ok() && rows > 1 {
            // check: unprepared: it is for whatever tables there are
            outcome = tx.execute(AssertSqlSafe(statement(table, &columns, parents, 2, rows))).await;
        }
        let error = match outcome {
            Ok(_) => {
                tx.commit().await?;
                return Ok(None);
            }
            Err(error) => error,
        };
        tx.rollback().await?;
        let sqlx::Error::Database(report) = &error else { return Err(error.into()) };
        let report = report.try_downcast_ref::<PgDatabaseError>();
        let named = report.and_then(|report| report.constraint()).and_then(|name| constraints.get(name));
        let column = report.and_then(|report| report.column());
        let blamed: Vec<i16> = match (named, column) {
            (Some(numbers), _) => numbers.clone(),
            (None, Some(name)) => {
                columns.iter().filter(|column| column.name == name).map(|column| column.number).collect()
            }
            (None, None) => Vec::new(),
        };
        if !advance(&mut columns, &blamed) {
            return Ok(Some(format!("no value was found that it takes ({error})")));
        }
    }
    Ok(Some(format!("no value that it takes was found in {ATTEMPTS} attempts")))
}

/// The next set of choices for these columns; `false` after the last.
fn advance(columns: &mut [Column], numbers: &[i16]) -> bool {
    for column in columns.iter_mut().filter(|column| numbers.contains(&column.number)) {
        if column.at + 1 < column.choices.len() {
            column.at += 1;
            return true;
        }
        column.at = 0;
    }
    false
}

fn statement(table: &Table, columns: &[Column], parents: &[Parent], first: u32, last: u32) -> String {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in columns {
        match column.choices.get(column.at) {
            None | Some(Choice::Default) => continue,
            Some(Choice::Sql(sql)) => values.push(sql.clone()),
            Some(Choice::Parent(place, name)) => values.push(format!("p{place}.\"{name}\"")),
        }
        names.push(format!("\"{}\"", column.name));
    }
    // Every row of a parent in turn, as often as it takes.
    let joins: Vec<String> = parents
        .iter()
        .enumerate()
        .map(|(place, parent)| {
            format!(
                " LEFT JOIN (SELECT *, row_number() OVER () AS place, count(*) OVER () AS places FROM public.\"{}\") AS p{place} \
                 ON p{place}.place = (g - 1) % p{place}.places + 1",
                parent.name
            )
        })
        .collect();
    if names.is_empty() {
        return format!("INSERT INTO public.\"{}\" DEFAULT VALUES", table.name);
    }
    format!(
        "INSERT INTO public.\"{}\" ({}) SELECT {} FROM generate_series({first}::bigint, {last}) AS g{}",
        table.name,
        names.join(", "),
        values.join(", "),
        joins.concat()
    )
}

/// The tables that it refers to, by which columns.
async fn parents(conn: &mut PgConnection, oid: u32) -> Result<Vec<(u32, Parent)>, Error> {
    let rows: Vec<(Oid, String, Vec<i16>, Vec<String>)> = sqlx::query_as(
        "SELECT confrelid, confrelid::regclass::text, conkey,
            ARRAY (SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (number, place)
                   JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY place)
         FROM pg_constraint WHERE conrelid = $1 AND contype = 'f' AND confrelid <> conrelid",
    )
    .bind(Oid(oid))
    .fetch_all(conn)
    .await?;
    let parent = |(oid, name, here, there): (Oid, String, Vec<i16>, Vec<String>)| {
        let name = name.trim_start_matches("public.").trim_matches('"').to_owned();
        (oid.0, Parent { name, columns: here.into_iter().zip(there).collect() })
    };
    Ok(rows.into_iter().map(parent).collect())
}

/// The columns of each constraint and each unique index, by name.
async fn constraints(conn: &mut PgConnection, oid: u32) -> Result<BTreeMap<String, Vec<i16>>, Error> {
    let rows: Vec<(String, Vec<i16>)> = sqlx::query_as(
        "SELECT conname::text, conkey FROM pg_constraint WHERE conrelid = $1 AND conkey IS NOT NULL
         UNION ALL
         SELECT indexrelid::regclass::text, ARRAY (
             SELECT DISTINCT refobjsubid::int2 FROM pg_depend
             WHERE classid = 'pg_class'::regclass AND objid = indexrelid AND refobjid = indrelid AND refobjsubid > 0)
         FROM pg_index WHERE indrelid = $1 AND indisunique
             AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)",
    )
    .bind(Oid(oid))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The columns that a row is given, with what may do for each.
async fn columns(conn: &mut PgConnection, oid: u32, parents: &[Parent]) -> Result<Vec<Column>, Error> {
    let rows: Vec<(String, i16, String, bool, bool, Vec<String>)> = sqlx::query_as(
        "SELECT attname::text, attnum, format_type(atttypid, NULL), attnotnull, atthasdef,
            ARRAY (SELECT trim('''' FROM (regexp_matches(pg_get_constraintdef(oid), '(''(?:[^'']|'''')*''|\\m[0-9]+\\M)', 'g'))[1])
                   FROM pg_constraint WHERE conrelid = attrelid AND contype = 'c' AND attnum = ANY (conkey))
         FROM pg_attribute
         WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
         ORDER BY attnum",
    )
    .bind(Oid(oid))
    .fetch_all(conn)
    .await?;
    let column =
        |(name, number, kind, not_null, has_default, words): (String, i16, String, bool, bool, Vec<String>)| {
            let mut choices = Vec::new();
            for (place, parent) in parents.iter().enumerate() {
                let there = parent.columns.iter().find(|(here, _)| *here == number);
                choices.extend(there.map(|(_, there)| Choice::Parent(place, there.clone())));
            }
            if choices.is_empty() {
                choices.extend(has_default.then_some(Choice::Default));
                choices.extend(values(&kind, &words).into_iter().map(Choice::Sql));
            }
            if !not_null {
                choices.push(Choice::Sql(format!("NULL::{kind}")));
            }
            Column { name, number, choices, at: 0 }
        };
    Ok(rows.into_iter().map(column).collect())
}

/// Expressions of a type, the likeliest first; `words` are the literals of its constraints.
fn values(kind: &str, words: &[String]) -> Vec<String> {
    let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let of_words = |of: &dyn Fn(&str) -> String| -> Vec<String> {
        // The sign of a pattern that ends with anything.
        words.iter().filter(|word| !is_number(word)).map(|word| of(word.trim_end_matches('%'))).collect()
    };
    match kind {
        "uuid" => list(&["gen_random_uuid()"]),
        "boolean" => list(&["true", "false"]),
        "smallint" | "integer" | "bigint" if words.iter().any(|word| is_number(word)) => {
            let mut all = vec![format!("(g % 100 + 1)::{kind}"), format!("g::{kind}")];
            all.extend(words.iter().filter(|word| is_number(word)).map(|word| format!("{word}::{kind}")));
            all
        }
        "smallint" => list(&["(g % 100 + 1)::int2", "1::int2", "0::int2"]),
        "integer" => list(&["(g % 100 + 1)::int4", "g::int4", "1", "0", "2000"]),
        "bigint" => list(&["g", "1::int8", "0::int8"]),
        "real" | "double precision" | "numeric" => list(&["g", "1", "0", "0.5"]),
        "timestamp with time zone" | "timestamp without time zone" | "date" => {
            ["now()", "now() + interval '1 day'", "now() - interval '1 day'"]
                .iter()
                .map(|value| format!("({value})::{kind}"))
                .collect()
        }
        "interval" => list(&["interval '1 second'"]),
        "bytea" => list(&["sha256(g::text::bytea)", "'\\x00'::bytea"]),
        "jsonb" | "json" => ["{}", "[]"].iter().map(|value| format!("'{value}'::{kind}")).collect(),
        "inet" | "cidr" => vec![format!("'127.0.0.1'::{kind}")],
        "text" | "character varying" | "character" => {
            let mut all = of_words(&|word| format!("'{word}'"));
            all.extend(list(&[
                "'a' || g",
                "'a' || g || '@example.com'",
                "translate(g::text, '0123456789', 'abcdefghij')",
                "md5(g::text)",
                "'a'",
                "'USD'",
                "'CH'",
                "'1'",
                "'https://example.com/' || g",
                "'''{}'''",
            ]));
            all.extend(of_words(&|word| format!("'{word}' || g")));
            all
        }
        "text[]" => {
            let mut all = of_words(&|word| format!("ARRAY['{word}']"));
            all.extend(list(&["ARRAY['a']", "ARRAY['a' || g]", "'{}'::text[]"]));
            all
        }
        other if other.ends_with("[]") => vec![format!("'{{}}'::{other}")],
        other => vec![format!("(enum_range(NULL::{other}))[1]")],
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}
