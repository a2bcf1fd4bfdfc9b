//! The database against its migrations, replayed.

use migrate::{Difference, Verification};

use crate::migrations::FOLDER;
use crate::{Check, Error, Finding, Tree};

/// What the comparison of the live schema with the migrations found, each difference with the place in the migrations
/// that makes the object.
///
/// # Errors
/// A migration cannot be read.
pub fn schema(tree: &Tree, compared: Result<&Verification, &migrate::Error>) -> Result<Vec<Finding>, Error> {
    let verification = match compared {
        Ok(verification) => verification,
        Err(error) => {
            let path = match error {
                migrate::Error::Changed { file } | migrate::Error::Failed { file, .. } => format!("{FOLDER}/{file}"),
                _ => FOLDER.to_owned(),
            };
            let mend = "git log -p tells what was changed; what is applied somewhere stays as it was";
            return Ok(vec![Finding::drift(Check::Schema, (&path, None), told(error), mend)]);
        }
    };
    let mut migrations = Vec::new();
    for path in tree.files(FOLDER, |path| path.ends_with(".sql"))? {
        let text = tree.read(&path)?;
        migrations.push((path, text));
    }
    let mut findings: Vec<Finding> =
        verification.differences.iter().map(|difference| finding(difference, &migrations)).collect();
    if let Some(first) = verification.pending.first() {
        let path = format!("{FOLDER}/{first}");
        let rest = match verification.pending.len() - 1 {
            0 => String::new(),
            more => format!(", nor {more} after it"),
        };
        let finding = format!("the database does not have it yet{rest}, and was compared without");
        findings.push(Finding::drift(Check::Schema, (&path, None), finding, "admin migrate up").into_note());
    }
    for version in &verification.unknown {
        let finding = format!("the database has migration {version}, which this clone does not know");
        let mend = "take it over from the release that applied it, or use another database";
        findings.push(Finding::drift(Check::Schema, (FOLDER, None), finding, mend).into_note());
    }
    Ok(findings)
}

fn told(error: &migrate::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        text = format!("{text}: {found}");
        cause = found.source();
    }
    text
}

fn finding(difference: &Difference, migrations: &[(String, String)]) -> Finding {
    let mend = match (&difference.expected, &difference.found) {
        (None, Some(_)) => "write it as a migration, or drop it from the database",
        (Some(_), None) => "restore it in the database as this migration makes it",
        _ => "bring the database back to what this migration makes, or write the change as a new migration",
    };
    let (path, line) = place(&difference.object, migrations).unwrap_or((FOLDER, None));
    Finding::drift(Check::Schema, (path, line), format!("in the database, {difference}"), mend)
}

/// The last line of the migrations that names the object, `column public.movies.title` or `constraint a on public.b`.
fn place<'a>(object: &str, migrations: &'a [(String, String)]) -> Option<(&'a str, Option<usize>)> {
    let (kind, name) = object.split_once(' ')?;
    let name = name.split([' ', '(']).next()?;
    let mut parts = name.split('.').rev();
    let (last, owner) = (parts.next()?, parts.next().filter(|_| kind == "column"));
    let mut found = None;
    for (path, text) in migrations {
        // A column is looked for below the last head of its table.
        let mut table = None::<bool>;
        for (at, line) in text.lines().enumerate() {
            let code = line.split("--").next().unwrap_or_default();
            if let Some(owner) = owner {
                let is_head = code.contains("CREATE TABLE") || code.contains("ALTER TABLE");
                if is_head {
                    table = Some(has_word(code, owner));
                }
                if is_head && table == Some(true) && !has_word(code, last) {
                    found = found.or(Some((path.as_str(), Some(at + 1))));
                }
                if table != Some(true) {
                    continue;
                }
            }
            if has_word(code, last) {
                found = Some((path.as_str(), Some(at + 1)));
            }
        }
    }
    found
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|found| found == word)
}
