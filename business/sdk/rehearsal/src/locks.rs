//! New migrations over filled tables: which locks they hold, for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use migrate::{Migrations, Scratch};
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;
use sqlx::{Connection, Executor};

use crate::Error;
use crate::fill::{self, Table};

/// How often locks are looked at: what is held for less is not seen.
const PAUSE: Duration = Duration::from_millis(1);

/// One migration that was tried.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Its file.
    pub file: String,
    /// How many rows the tables that it names were filled with.
    pub rows: u32,
    /// The locks that would have held others up, the longest first.
    pub held: Vec<Held>,
    /// Tables that could not be filled, and so were tried with few rows or none.
    pub unfilled: Vec<Unfilled>,
    /// Why it failed on filled tables, if it did.
    pub failure: Option<String>,
}

/// A lock on a table that was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The table.
    pub table: String,
    /// The mode, as `AccessExclusiveLock`.
    pub mode: String,
    /// Whom it holds up.
    pub blocks: &'static str,
    /// From when it was seen first until the end of the migration, or until it was seen last.
    pub time: Duration,
}

/// A table without the rows that were wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The table.
    pub table: String,
    /// How many it has.
    pub rows: i64,
    /// What stood in the way.
    pub reason: String,
}

/// Replays `old` in a scratch database on the server of `url`, fills the tables that `new` names with `rows` rows each,
/// runs `new` one after another, and tells what each of them locked. A migration that names no table is run all the same.
///
/// # Errors
/// See [`Error`]. A new migration that fails is no error but a [`Trial::failure`]; those after it are not tried.
pub async fn locks(url: &str, old: &Migrations, new: &Migrations, rows: u32) -> Result<Vec<Trial>, Error> {
    let scratch = Scratch::create(url).await?;
    let tried = try_all(&scratch, old, new, rows).await;
    // What went wrong first is told; a scratch that stays is swept by the next one.
    let dropped = scratch.drop().await;
    let tried = tried?;
    dropped?;
    Ok(tried)
}

async fn try_all(scratch: &Scratch, old: &Migrations, new: &Migrations, rows: u32) -> Result<Vec<Trial>, Error> {
    let mut conn = PgConnection::connect_with(scratch.options()).await?;
    let mut watch = PgConnection::connect_with(scratch.options()).await?;
    scratch.replay(&mut conn, old).await?;
    let mut trials = Vec::new();
    let mut filled: BTreeMap<u32, Option<Unfilled>> = BTreeMap::new();
    for (file, one, sql) in new.each() {
        let tables = fill::tables(&mut conn).await?;
        let words = words(&sql);
        let mut trial = Trial { file, rows, ..Trial::default() };
        for table in tables.iter().filter(|table| words.contains(table.name.as_str())) {
            fill::fill(&mut conn, &tables, table.oid, rows, &mut filled).await?;
            trial.unfilled.extend(filled.get(&table.oid).cloned().flatten());
        }
        conn.execute("CHECKPOINT").await.ok();
        let outcome = observed(scratch, &mut conn, &mut watch, &one, &tables, &mut trial).await?;
        let failed = outcome.is_some();
        trial.failure = outcome;
        trials.push(trial);
        if failed {
            break;
        }
    }
    Ok(trials)
}

/// Runs one migration while its locks are watched; why it failed, if it did.
async fn observed(
    scratch: &Scratch,
    conn: &mut PgConnection,
    watch: &mut PgConnection,
    one: &Migrations,
    tables: &[Table],
    trial: &mut Trial,
) -> Result<Option<String>, Error> {
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *conn).await?;
    let is_over = AtomicBool::new(false);
    let run = async {
        let outcome = scratch.replay(conn, one).await;
        let end = Instant::now();
        is_over.store(true, Ordering::Relaxed);
        (outcome, end)
    };
    let look = async {
        let mut seen: BTreeMap<(u32, String), (Instant, Instant)> = BTreeMap::new();
        while !is_over.load(Ordering::Relaxed) {
            let locks: Vec<(Oid, String)> = sqlx::query_as(
                "SELECT relation, mode FROM pg_locks WHERE pid = $1 AND granted AND locktype = 'relation'
                 AND mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')",
            )
            .bind(pid)
            .fetch_all(&mut *watch)
            .await?;
            let now = Instant::now();
            for (table, mode) in locks {
                seen.entry((table.0, mode)).or_insert((now, now)).1 = now;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok::<_, Error>(seen)
    };
    let ((outcome, end), seen) = tokio::join!(run, look);
    let names: BTreeMap<u32, &str> = tables.iter().map(|table| (table.oid, table.name.as_str())).collect();
    let held = seen?.into_iter().filter_map(|((oid, mode), (first, last))| {
        let table = (*names.get(&oid)?).to_owned();
        let blocks = if mode == "AccessExclusiveLock" { "reads and writes" } else { "writes" };
        // A lock that was seen in the last look is held until the commit, which comes at the end.
        let until = if end.saturating_duration_since(last) < Duration::from_millis(50) { end } else { last };
        Some(Held { table, mode, blocks, time: until.saturating_duration_since(first) })
    });
    trial.held = held.collect();
    trial.held.sort_by_key(|held| std::cmp::Reverse(held.time));
    Ok(outcome.err().map(|error| chain(&error)))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let more = found.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = found.source();
    }
    text
}

/// The words of a migration, without its remarks.
fn words(sql: &str) -> BTreeSet<&str> {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))).collect()
}
