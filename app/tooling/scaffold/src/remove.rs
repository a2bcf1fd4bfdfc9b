//! The end of a resource.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::definition;
use crate::dsl::Resource;
use crate::footprint;
use crate::lock;
use crate::mentions;
use crate::migration;
use crate::plan::{File, Plan, PlanError, Removed, rendered};
use crate::render::Names;
use crate::schema::Schema;
use crate::tree::{formatted, read};
use crate::wiring::{Missing, WIRED};

/// Computes what goes and what changes when the resource `name` ends. `keep_table` leaves its rows where they are. Writes
/// nothing.
///
/// # Errors
/// There is no such resource, others speak of it, or a file can't be read.
pub fn remove(root: &Path, name: &str, keep_table: bool) -> Result<Plan, PlanError> {
    let resource = definition::find(root, name)?;
    let schema = Schema::read(root)?;
    let mut plan = Plan::of(root, &resource);
    let own = plan.own_files(&resource)?;
    for path in &own {
        let before = fs::read(root.join(path)).map_err(|source| PlanError::File { path: path.clone(), source })?;
        plan.removed.push(Removed { path: path.clone(), before });
    }
    for (path, _) in WIRED {
        let before = read(root, path)?;
        let text = formatted(root, path, footprint::without(path, &resource, &before))?;
        if text != before {
            plan.files.push(File::changed(path, text, before));
        }
    }
    refuse_referred(&schema, &resource)?;
    mentions::refuse(&plan, &resource, None, &own)?;
    plan.files.push(locked(root, &resource)?);
    if !keep_table {
        plan.files.push(migration::remove(&resource, &schema)?);
    }
    plan.notes.extend(notes(root, &plan, &resource, keep_table)?);
    Ok(plan)
}

/// Refuses to drop a table that the rows of others refer to.
fn refuse_referred(schema: &Schema, resource: &Resource) -> Result<(), PlanError> {
    let table = &resource.plural.snake;
    let others = schema.tables.iter().filter(|(name, other)| *name != table && other.refers.contains(table));
    let others: Vec<String> = others.map(|(name, _)| format!("the rows of the table {name} refer to it")).collect();
    if others.is_empty() { Ok(()) } else { Err(PlanError::Mentioned(others)) }
}

fn locked(root: &Path, resource: &Resource) -> Result<File, PlanError> {
    let Names { bus, app, .. } = Names::of(resource);
    let before = read(root, lock::PATH)?;
    let kept = |krate: &str| (krate != bus && krate != app).then(|| krate.to_owned());
    let text =
        lock::under(&before, kept).map_err(|Missing(mark)| PlanError::Place { path: lock::PATH.to_owned(), mark })?;
    Ok(File::changed(lock::PATH, text, before))
}

/// What is lost.
fn notes(root: &Path, plan: &Plan, resource: &Resource, keep_table: bool) -> Result<Vec<String>, PlanError> {
    let known: BTreeMap<String, String> = rendered(root, resource)?.into_iter().collect();
    let mut edited = Vec::new();
    for Removed { path, before } in &plan.removed {
        let generated = known.get(path).map(|text| formatted(root, path, text.clone())).transpose()?;
        if generated.is_none_or(|text| text.as_bytes() != before) {
            edited.push(path.as_str());
        }
    }
    let several = &resource.plural.words;
    let mut notes = vec![match keep_table {
        true => format!("the table {} and its rows stay", resource.plural.snake),
        false => format!(
            "the migration drops the table {} with all rows; a release that still serves {several} fails from then on: \
             --keep-table removes the code alone, for a release before that",
            resource.plural.snake
        ),
    }];
    if !edited.is_empty() {
        notes.push(format!("written or edited by hand, and gone with it (git has them): {}", edited.join(", ")));
    }
    notes.push(format!("audits and events of {several} stay, under the entity `{}`", resource.name.snake));
    Ok(notes)
}
