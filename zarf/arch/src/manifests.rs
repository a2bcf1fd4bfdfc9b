//! What every manifest says: what the crate is for, in one sentence; lints, inherited; versions, inherited.

use toml_edit::{DocumentMut, Item, TableLike};

use crate::Error;
use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Workspace};

/// Names under which anything fits.
pub(crate) const DRAWERS: &[&str] =
    &["common", "core", "helper", "helpers", "misc", "prelude", "shared", "stuff", "util", "utils"];

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) -> Result<(), Error> {
    for krate in &workspace.crates {
        let file = format!("{}/Cargo.toml", krate.folder);
        let manifest: DocumentMut = workspace
            .text(&file)?
            .parse()
            .map_err(|source| Error::Manifest { path: workspace.root.join(&file), source })?;
        let mut report = |finding: String, mend: &str| {
            violations.push(Violation { rule: Rule::Manifest, place: file.clone(), finding, mend: mend.to_owned() });
        };
        if let Some((finding, mend)) = judge_description(krate) {
            report(finding, mend);
        }
        if !inherits(manifest.get("lints")) {
            report("the crate has lints of its own, or none".to_owned(), "write `[lints]` with `workspace = true`");
        }
        for (section, name) in own_versions(&manifest) {
            report(
                format!("[{section}] {name} is not taken from the workspace"),
                "declare it in [workspace.dependencies] of the root, and write `workspace = true` here",
            );
        }
        if DRAWERS.contains(&krate.name.as_str()) {
            violations.push(Violation {
                rule: Rule::Name,
                place: krate.folder.clone(),
                finding: format!("anything fits into {}", krate.name),
                mend: "name the one thing that it does; what does not fit that name goes elsewhere".to_owned(),
            });
        }
    }
    Ok(())
}

/// One sentence, of which "and" would make two purposes.
fn judge_description(krate: &Crate) -> Option<(String, &'static str)> {
    let description = krate.description.as_deref().unwrap_or_default().trim();
    let sentence = description.strip_suffix('.');
    if description.is_empty() {
        Some(("the crate has no description".to_owned(), "write what it is for, in one sentence"))
    } else if description.split_whitespace().any(|word| word.eq_ignore_ascii_case("and")) {
        Some((format!("\"{description}\" names two purposes"), "cut the crate in two, or find the one purpose"))
    } else if sentence.is_none_or(|sentence| sentence.contains(". ")) {
        Some((format!("\"{description}\" is not one sentence"), "write one sentence, with its full stop"))
    } else {
        None
    }
}

/// The dependencies that do not say `workspace = true`, with their section.
fn own_versions(manifest: &DocumentMut) -> Vec<(String, String)> {
    const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let mut tables: Vec<(String, &dyn TableLike)> = vec![(String::new(), manifest.as_table())];
    if let Some(targets) = manifest.get("target").and_then(Item::as_table_like) {
        let targets =
            targets.iter().filter_map(|(name, item)| Some((format!("target.{name}."), item.as_table_like()?)));
        tables.extend(targets);
    }
    let mut found = Vec::new();
    for (prefix, table) in tables {
        for section in SECTIONS {
            let Some(dependencies) = table.get(section).and_then(Item::as_table_like) else {
                continue;
            };
            let own = dependencies.iter().filter(|(_, item)| !inherits(Some(item)));
            found.extend(own.map(|(name, _)| (format!("{prefix}{section}"), name.to_owned())));
        }
    }
    found
}

/// Whether the item is a table with `workspace = true`.
fn inherits(item: Option<&Item>) -> bool {
    item.and_then(Item::as_table_like).and_then(|table| table.get("workspace")).and_then(Item::as_bool) == Some(true)
}
