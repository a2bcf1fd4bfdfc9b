//! Migrations are one gapless sequence: `0001_movies.sql`, `0002_users.sql`, ...
//!
//! That an applied migration is never edited is not checked here: the migrator compares checksums when it runs.

use crate::Error;
use crate::violation::{Rule, Violation};
use crate::workspace::Workspace;

/// Digits of the number, so that names sort as numbers do.
const DIGITS: usize = 4;

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) -> Result<(), Error> {
    for krate in &workspace.crates {
        let folder = format!("{}/migrations", krate.folder);
        let mut expected = 1;
        for file in workspace.files(&folder, &["sql"])? {
            let name = file.strip_prefix(&folder).unwrap_or(&file).trim_start_matches('/');
            let (finding, mend) = match parse(name) {
                None => (
                    "the name is not a number of four digits, an underscore, words".to_owned(),
                    "name it like 0001_movies.sql; there is no way down, so no `.up.sql` or `.down.sql`",
                ),
                Some(number) if number < expected => (
                    format!("two migrations have the number {number}"),
                    "give the one that is not yet applied anywhere the next free number",
                ),
                Some(number) if number > expected => (
                    format!("the number {expected} is missing before it"),
                    "number migrations without a gap: a gap is filled later by one that some databases never see",
                ),
                Some(_) => {
                    expected += 1;
                    continue;
                }
            };
            expected = parse(name).map_or(expected, |number| number + 1);
            violations.push(Violation { rule: Rule::Migration, place: file, finding, mend: mend.to_owned() });
        }
    }
    Ok(())
}

/// The number of a well-formed name.
fn parse(name: &str) -> Option<u32> {
    let (number, words) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    let well_formed = number.len() == DIGITS && !words.is_empty() && words.chars().all(plain);
    if well_formed { number.parse().ok() } else { None }
}
