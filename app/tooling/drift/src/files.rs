//! The files of each domain: who knows one finds their way in every other.
//!
//! Which files a domain has, and which domains differ for what reason, is written in `zarf/arch/shape.toml`.

use std::collections::BTreeSet;

use toml_edit::{Document, Item, Table};

use crate::{Check, Error, Finding, Tree};

/// What is written of it.
const SHAPE: &str = "zarf/arch/shape.toml";

/// Every crate of a domain has the files that its kind has, and no others.
///
/// # Errors
/// The shape cannot be read.
pub fn files(tree: &Tree) -> Result<Vec<Finding>, Error> {
    let text = tree.read(SHAPE)?;
    let shape = Document::parse(text).map_err(|error| Error::Syntax {
        path: SHAPE.to_owned(),
        line: 1,
        reason: error.message().to_owned(),
    })?;
    let mut findings = Vec::new();
    for kind in tables(shape.get("shape")) {
        let (folder, suffix) = (text_of(kind, "folder"), text_of(kind, "suffix"));
        for krate in tree.folders(folder)?.into_iter().filter(|krate| krate.ends_with(suffix)) {
            let name = krate.rsplit('/').next().unwrap_or_default();
            let departure = tables(shape.get("departure")).find(|departure| text_of(departure, "crate") == name);
            findings.extend(compare(tree, &krate, kind, departure)?);
        }
    }
    Ok(findings)
}

fn compare(tree: &Tree, krate: &str, kind: &Table, departure: Option<&Table>) -> Result<Vec<Finding>, Error> {
    let source = format!("{krate}/src");
    let files = tree.files(&source, |path| path.ends_with(".rs"))?;
    let modules: BTreeSet<&str> = files.iter().filter_map(|file| module(file, &source)).collect();
    let departs = |key| departure.map(|departure| list(departure, key)).unwrap_or_default();
    let (without, with) = (departs("without"), departs("with"));
    let mut findings = Vec::new();
    let mut report = |module: &str, finding: &str, mend: &str| {
        let path = format!("{source}/{module}.rs");
        findings.push(Finding::drift(Check::Files, (&path, None), finding, mend));
    };
    for required in list(kind, "required") {
        if !modules.contains(required) && !without.contains(&required) {
            let mend = "write it as its siblings have it, or list the crate with its reason in zarf/arch/shape.toml";
            report(required, "the file is missing, and every sibling has it", mend);
        }
    }
    let known: BTreeSet<&str> = [list(kind, "required"), list(kind, "optional"), with].concat().into_iter().collect();
    for extra in modules.difference(&known) {
        let mend = "put it where its siblings have it, or list the crate with its reason in zarf/arch/shape.toml";
        report(extra, "no sibling has this file", mend);
    }
    Ok(findings)
}

/// The top module that a file of the source folder belongs to.
fn module<'a>(file: &'a str, source: &str) -> Option<&'a str> {
    let inside = file.strip_prefix(source)?.strip_prefix('/')?;
    Some(inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder))
}

fn tables(item: Option<&Item>) -> impl Iterator<Item = &Table> {
    item.and_then(Item::as_array_of_tables).into_iter().flat_map(|tables| tables.iter())
}

fn text_of<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Item::as_str).unwrap_or_default()
}

fn list<'a>(table: &'a Table, key: &str) -> Vec<&'a str> {
    let values = table.get(key).and_then(Item::as_array);
    values.into_iter().flat_map(|values| values.iter().filter_map(|value| value.as_str())).collect()
}
