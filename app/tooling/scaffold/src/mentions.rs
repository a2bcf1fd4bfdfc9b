//! Who else speaks of a resource.

use std::fs;

use crate::dsl::Resource;
use crate::footprint::{self, POLICY};
use crate::plan::{Plan, PlanError, rendered};
use crate::render::Names;
use crate::schema::MIGRATIONS;
use crate::tree::{read, tracked};

/// What names resources that need not be there: the generator and its proof.
const EXAMPLES: &[&str] = &["app/tooling/scaffold/", "zarf/scaffold/"];

impl Plan {
    /// The files of `resource` that are no one else's, from the root. Their folders go, so that all in them counts.
    pub(crate) fn own_files(&mut self, resource: &Resource) -> Result<Vec<String>, PlanError> {
        let Names { bus, app, .. } = Names::of(resource);
        let mut own = Vec::new();
        for folder in [format!("business/domain/{bus}"), format!("app/domain/{app}")] {
            own.extend(tracked(&self.root, &folder)?);
            self.folders.push(folder);
        }
        for (path, _) in rendered(&self.root, resource)? {
            if !own.contains(&path) && self.root.join(&path).exists() {
                own.push(path);
            }
        }
        Ok(own)
    }
}

/// Refuses a plan after which files of others would still speak of `old`; prose may.
pub(crate) fn refuse(plan: &Plan, old: &Resource, new: Option<&Resource>, own: &[String]) -> Result<(), PlanError> {
    let words = words(plan, old, new)?;
    let mut found = Vec::new();
    // What is made anew from the rest is marked so in .gitattributes.
    for path in tracked(&plan.root, ":(attr:!linguist-generated)")? {
        let left_out = path.starts_with(MIGRATIONS)
            || path.ends_with(".md")
            || path == "Cargo.lock"
            || own.contains(&path)
            || EXAMPLES.iter().any(|folder| path.starts_with(folder));
        if left_out {
            continue;
        }
        let planned = plan.files.iter().find(|file| file.path == path).map(|file| file.text.clone());
        // What is not text, or was removed, speaks of nothing.
        let Some(text) = planned.or_else(|| fs::read_to_string(plan.root.join(&path)).ok()) else { continue };
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| has(line, word)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(PlanError::Mentioned(found)) }
}

/// What others would speak of it by, where the new name has none of it.
fn words(plan: &Plan, old: &Resource, new: Option<&Resource>) -> Result<Vec<String>, PlanError> {
    let of = |resource: &Resource| {
        let Names { bus, app, path } = Names::of(resource);
        let pascal = &resource.name.pascal;
        vec![bus, app, format!("{pascal}Id"), format!("{pascal}Kind"), format!("v1/{path}")]
    };
    let mut words = of(old);
    words.extend(footprint::permissions(old, &read(&plan.root, POLICY)?));
    let mut kept = new.map(of).unwrap_or_default();
    if let (Some(new), Some(policy)) = (new, plan.files.iter().find(|file| file.path == POLICY)) {
        kept.extend(footprint::permissions(new, &policy.text));
    }
    words.retain(|word| !kept.contains(word));
    Ok(words)
}

/// Whether `word` stands by itself in `line`.
fn has(line: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let rest = &line[at + word.len()..];
        // `v1/price` is not spoken of by `v1/price-lists`.
        let dash = word.contains('/') && rest.starts_with('-');
        !line[..at].ends_with(goes_on) && !rest.starts_with(goes_on) && !dash
    })
}
