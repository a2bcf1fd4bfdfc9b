//! Another name for a resource that is there.

use std::collections::BTreeMap;
use std::path::Path;

use crate::definition;
use crate::dsl::{Resource, parse};
use crate::footprint;
use crate::lock;
use crate::mentions;
use crate::merge::{Merged, Three};
use crate::migration;
use crate::plan::{File, Plan, PlanError, Removed, refuse_wired, rendered};
use crate::renaming::Renaming;
use crate::render::Names;
use crate::schema::Schema;
use crate::tree::{formatted, read};
use crate::wiring::{Missing, WIRED};

/// Computes every file that changes when the resource `name` is called `new_name`. Writes nothing.
///
/// Files that are as they were generated become what is generated under the new name. What a team wrote is renamed with
/// them, and merged.
///
/// # Errors
/// There is no such resource, the name is taken or is none, others speak of the resource, lines that were edited by hand
/// are in the way, or a file can't be read.
pub fn rename(root: &Path, name: &str, new_name: &str, plural: Option<&str>) -> Result<Plan, PlanError> {
    let old = definition::find(root, name)?;
    let mut words = vec![new_name];
    words.extend(old.fields.iter().map(|field| field.word.as_str()));
    let Resource { name, plural, .. } = parse(&words, plural)?;
    let new = Resource { name, plural, ..old.clone() };
    let schema = Schema::read(root)?;
    refuse_taken(root, &old, &new, &schema)?;
    let renaming = Renaming::within(&old, &new, |resource| rendered(root, resource))?;

    let mut plan = Plan::of(root, &new);
    let own = plan.own_files(&old)?;
    own_files(&mut plan, &own, (&old, &new), &renaming)?;
    for (path, _) in WIRED {
        let before = read(root, path)?;
        let text = footprint::renamed(path, (&old, &new), &before)
            .map_err(|Missing(mark)| PlanError::Place { path: (*path).to_owned(), mark })?;
        let text = formatted(root, path, text)?;
        if text != before {
            plan.files.push(File::changed(path, text, before));
        }
    }
    mentions::refuse(&plan, &old, Some(&new), &own)?;
    plan.files.extend(locked(root, &old, &new)?);
    plan.files.push(migration::rename(&old, &new, &schema)?);
    plan.notes.extend(notes(&old, &new));
    Ok(plan)
}

fn refuse_taken(root: &Path, old: &Resource, new: &Resource, schema: &Schema) -> Result<(), PlanError> {
    if (&old.name, &old.plural) == (&new.name, &new.plural) {
        return Err(PlanError::Exists(new.name.words.clone()));
    }
    let (before, after) = (Names::of(old), Names::of(new));
    for (room, krate, known) in [("business", &after.bus, &before.bus), ("app", &after.app, &before.app)] {
        let folder = format!("{room}/domain/{krate}");
        if krate != known && root.join(&folder).exists() {
            return Err(PlanError::Exists(folder));
        }
    }
    let table = &new.plural.snake;
    let stands_in = schema.views_of(&old.plural.snake).contains(&table.as_str());
    if old.plural != new.plural && schema.has(table) && !stands_in {
        return Err(PlanError::Exists(format!("the table {table}")));
    }
    for (path, _) in WIRED {
        refuse_wired(new, &footprint::without(path, old, &read(root, path)?))?;
    }
    Ok(())
}

/// The files of the two crates, and the lines of the policy's test: moved, renamed, merged.
fn own_files(
    plan: &mut Plan,
    own: &[String],
    (old, new): (&Resource, &Resource),
    renaming: &Renaming,
) -> Result<(), PlanError> {
    let root = plan.root.clone();
    let known = rendered(&root, old)?.into_iter().zip(rendered(&root, new)?);
    let mut known: BTreeMap<String, (String, (String, String))> =
        known.map(|((path, base), theirs)| (path, (base, theirs))).collect();
    let mut conflicts = Vec::new();
    for path in own {
        let ours = read(&root, path)?;
        let (new_path, text) = match known.remove(path) {
            None => {
                let new_path = renaming.path(path);
                let text = renaming.apply(path, &ours);
                (new_path, if path.ends_with(".rs") { formatted(&root, path, text)? } else { text })
            }
            Some((base, (new_path, theirs))) => {
                let (base, theirs) = (formatted(&root, path, base)?, formatted(&root, path, theirs)?);
                let text = if ours == base {
                    Merged::Clean(theirs)
                } else {
                    let renamed = |text: &str| formatted(&root, path, renaming.apply(path, text));
                    let (base, ours) = (renamed(&base)?, renamed(&ours)?);
                    (Three { path, base, ours, theirs }).merge()?
                };
                match text {
                    Merged::Clean(text) => (new_path, formatted(&root, path, text)?),
                    Merged::Conflicts(found) => {
                        conflicts.extend(found);
                        continue;
                    }
                }
            }
        };
        if new_path != *path {
            if root.join(&new_path).exists() {
                return Err(PlanError::Exists(new_path));
            }
            plan.files.push(File { from: Some(path.clone()), ..File::new(&new_path, text) });
            plan.removed.push(Removed { path: path.clone(), before: ours.into_bytes() });
        } else if text != ours {
            plan.files.push(File::changed(path, text, ours));
        }
    }
    if conflicts.is_empty() { Ok(()) } else { Err(PlanError::Conflicts(conflicts)) }
}

fn locked(root: &Path, old: &Resource, new: &Resource) -> Result<Option<File>, PlanError> {
    let (before, after) = (Names::of(old), Names::of(new));
    let lock = read(root, lock::PATH)?;
    let name = |krate: &str| {
        Some(match krate {
            _ if krate == before.bus => after.bus.clone(),
            _ if krate == before.app => after.app.clone(),
            _ => krate.to_owned(),
        })
    };
    let text =
        lock::under(&lock, name).map_err(|Missing(mark)| PlanError::Place { path: lock::PATH.to_owned(), mark })?;
    Ok((text != lock).then(|| File::changed(lock::PATH, text, lock)))
}

fn notes(old: &Resource, new: &Resource) -> Vec<String> {
    let (before, after) = (Names::of(old), Names::of(new));
    let mut notes = Vec::new();
    if before.path != after.path {
        notes.push(format!("clients ask /v1/{} in place of /v1/{}, which answers 404", after.path, before.path));
    }
    notes.push(match old.plural == new.plural {
        true => "stop the release that serves before you migrate: its statements name a column that is called \
                 something else then"
            .to_owned(),
        false => format!(
            "the release that serves goes on meanwhile, on a view that is called {}; drop it when none is left",
            old.plural.snake
        ),
    });
    if old.name != new.name {
        notes.push(format!(
            "audits and events from before keep the entity `{}`; consumers get both names until those are handled",
            old.name.snake
        ));
    }
    notes
}
