//! One more member for a resource that is there.

use std::path::Path;

use crate::definition;
use crate::dsl::{Field, Kind, Resource, parse};
use crate::lock;
use crate::merge::{Merged, Three};
use crate::migration;
use crate::plan::{File, Plan, PlanError, rendered};
use crate::schema::Schema;
use crate::tree::{formatted, read};
use crate::wiring::Missing;

/// Computes every file that changes when the resource `name` gets the member that `word` describes. Writes nothing.
///
/// What the generator makes of the resource as it is described, and what it makes of it with the member, are rendered from
/// the same templates: what they differ by is merged into the files as the team has them.
///
/// # Errors
/// There is no such resource, the word describes no member that it could have, lines that were edited by hand are in the
/// way, or a file can't be read.
pub fn add_field(root: &Path, name: &str, word: &str) -> Result<Plan, PlanError> {
    let old = definition::find(root, name)?;
    let (new, field) = with(&old, word)?;
    let new = definition::resolved(root, new)?;
    refuse(&new, &field)?;
    let mut plan = Plan::of(root, &new);
    let mut conflicts = Vec::new();
    for ((path, base), (_, theirs)) in rendered(root, &old)?.into_iter().zip(rendered(root, &new)?) {
        if base == theirs {
            continue;
        }
        if !root.join(&path).exists() {
            plan.notes.push(format!("{path} is not there, and stays away: it would say something of the new member"));
            continue;
        }
        let ours = read(root, &path)?;
        let (base, theirs) = (formatted(root, &path, base)?, formatted(root, &path, theirs)?);
        match (Three { path: &path, base, ours: ours.clone(), theirs }).merge()? {
            Merged::Conflicts(found) => conflicts.extend(found),
            Merged::Clean(text) => {
                let text = formatted(root, &path, text)?;
                if text != ours {
                    plan.files.push(File::changed(&path, text, ours));
                }
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(PlanError::Conflicts(conflicts));
    }
    plan.files.extend(locked(&plan)?);
    plan.files.extend(migration::add(&new, &field, &Schema::read(root)?)?);
    Ok(plan)
}

/// The resource with one more member.
fn with(old: &Resource, word: &str) -> Result<(Resource, Field), PlanError> {
    let mut words: Vec<&str> = vec![&old.name.snake];
    words.extend(old.fields.iter().map(|field| field.word.as_str()));
    let before: usize = words.iter().map(|word| word.chars().count() + 1).sum();
    words.push(word);
    let new = parse(&words, Some(&old.plural.snake)).map_err(|mut error| {
        // Columns count in the word alone.
        error.column = error.column.saturating_sub(before).max(1);
        error
    })?;
    let new = Resource { owned: old.owned, service: old.service.clone(), ..new };
    match new.fields.last().cloned() {
        Some(field) => Ok((new, field)),
        None => Err(PlanError::Unknown(word.to_owned())),
    }
}

/// What can't be done to a table that has rows, while a release serves that knows nothing of it.
fn refuse(new: &Resource, field: &Field) -> Result<(), PlanError> {
    if field.searchable {
        let finding =
            "what is searched is one column of the table, which a member more would write anew: do that by hand";
        return Err(PlanError::Impossible(finding.to_owned()));
    }
    if field.optional || field.default.is_some() || matches!(field.kind, Kind::List(..) | Kind::Json) {
        return Ok(());
    }
    let (several, name) = (&new.plural.words, &field.name.snake);
    Err(PlanError::Impossible(format!(
        "the {several} that are there have no `{name}`, nor does the release that serves meanwhile send one: let it be empty \
         (a ? after the type), or give it a ,default=.."
    )))
}

/// The lock file, when a manifest names more crates than before.
fn locked(plan: &Plan) -> Result<Option<File>, PlanError> {
    let before = read(&plan.root, lock::PATH)?;
    let mut text = before.clone();
    for file in plan.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let krate = file.path.rsplit('/').nth(1).unwrap_or_default();
        text = lock::complete(&text, krate, &file.text)
            .map_err(|Missing(mark)| PlanError::Place { path: lock::PATH.to_owned(), mark })?;
    }
    Ok((text != before).then(|| File::changed(lock::PATH, text, before)))
}
