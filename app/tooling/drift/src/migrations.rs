//! New migrations against what the previous release and a busy database bear.

mod rules;
mod since;

use std::time::Duration;

use rehearsal::{Held, Trial};

pub use self::since::{NewMigrations, new_since};

use crate::{Check, Error, Finding, Tree};

/// Where the migrations are.
pub const FOLDER: &str = "business/sdk/migrate/migrations";

/// What a rehearsal of new migrations came to, in lines for people, with what was found.
#[derive(Debug, Default)]
pub struct Rehearsed {
    /// A line for each lock that was held and each table that could not be filled.
    pub lines: Vec<String>,
    /// Locks over the limit, and migrations that fail on filled tables.
    pub findings: Vec<Finding>,
}

/// Judges the text of each new migration by rules. A statement that was looked at and stays has a line above it:
/// `-- check: allow <rule>: <reason>`.
///
/// # Errors
/// A migration cannot be read.
pub fn judge(tree: &Tree, new: &NewMigrations) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for file in &new.changed {
        let path = format!("{FOLDER}/{file}");
        let finding = format!("the migration is part of {}, and was changed since", new.since);
        let mend = format!("git checkout {} -- {path}, and write the change as a new migration", new.since);
        findings.push(Finding::drift(Check::Migrations, (&path, None), finding, mend));
    }
    let mut texts = Vec::new();
    for file in &new.files {
        let path = format!("{FOLDER}/{file}");
        let text = tree.read(&path)?;
        texts.push((path, text));
    }
    findings.extend(rules::judge(&texts));
    Ok(findings)
}

/// Judges what the new migrations did to filled tables.
///
/// # Errors
/// A migration cannot be read.
pub fn rehearsed(tree: &Tree, trials: &[Trial], limit: Duration) -> Result<Rehearsed, Error> {
    let mut told = Rehearsed::default();
    for trial in trials {
        let path = format!("{FOLDER}/{}", trial.file);
        let text = tree.read(&path)?;
        if let Some(failure) = &trial.failure {
            let finding = format!("it fails on tables of {} rows: {failure}", trial.rows);
            let mend = "write it so that it bears rows: a column that may be null, or that has a default";
            told.findings.push(Finding::drift(Check::Migrations, (&path, None), finding, mend));
        }
        for unfilled in &trial.unfilled {
            told.lines.push(format!(
                "{}: {} was tried with {} rows: {}",
                trial.file, unfilled.table, unfilled.rows, unfilled.reason
            ));
        }
        for Held { table, mode, blocks, time } in &trial.held {
            let line = format!("{table} was held for {} ms ({mode}), which blocks {blocks}", time.as_millis());
            if *time > limit {
                let finding = format!("{line}, on {} rows; the limit is {} ms", trial.rows, limit.as_millis());
                let mend = "split it: first what needs no scan (NOT VALID, CONCURRENTLY, a column that may be null), \
                            then the rest in batches; docs: PostgreSQL, ALTER TABLE, notes";
                told.findings.push(Finding::drift(Check::Migrations, (&path, naming(&text, table)), finding, mend));
            }
            told.lines.push(format!("{}: {line}", trial.file));
        }
    }
    Ok(told)
}

/// The first line of a migration that names the table.
fn naming(text: &str, table: &str) -> Option<usize> {
    let names = |line: &str| {
        let code = line.split("--").next().unwrap_or_default();
        code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == table)
    };
    text.lines().position(names).map(|at| at + 1)
}
