//! The keys that documents and manifests name, against those that the programs know.

use std::collections::BTreeSet;

use crate::commands::nearest;
use crate::markdown::Document;
use crate::{Check, Error, Finding, Tree};

/// A key of the settings, as the programs know it.
#[derive(Clone, Debug)]
pub struct Key {
    /// `web.api_host`
    pub name: String,
    /// `MARQUEE__WEB__API_HOST`
    pub variable: String,
}

/// The defaults and their documentation.
const DEFAULTS: &str = "app/sdk/settings/config.default.toml";

const PREFIX: &str = "MARQUEE__";

const MEND: &str = "`admin config show` prints every key";

/// Every key that a document, a manifest or the Makefile names is known, and every key has its default and its words in
/// `config.default.toml`.
///
/// # Errors
/// A file cannot be read.
pub fn settings(tree: &Tree, keys: &[Key]) -> Result<Vec<Finding>, Error> {
    let names = Names::of(keys);
    let mut findings = defaults(tree, &names)?;
    for (path, text) in tree.documents()? {
        findings.extend(names.variables(&path, &text));
        findings.extend(names.flags(&path, &text));
        for (line, code) in Document::parse(&text).codes {
            findings.extend(names.key(&path, line, code.split(['=', ' ']).next().unwrap_or_default()));
        }
    }
    for path in manifests(tree)? {
        // What is no text names no key.
        if let Ok(text) = tree.read(&path) {
            findings.extend(names.variables(&path, &text));
            findings.extend(names.flags(&path, &text));
        }
    }
    Ok(findings)
}

/// What configures or starts programs: below `zarf`, the Makefile, CI.
fn manifests(tree: &Tree) -> Result<Vec<String>, Error> {
    const KINDS: &[&str] =
        &["yaml", "yml", "env", "conf", "cfg", "toml", "sh", "py", "json", "tpl", "Dockerfile", "Containerfile"];
    let is_one = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let kind = name.rsplit('.').next().unwrap_or_default();
        KINDS.contains(&kind) && !path.starts_with("zarf/data/")
    };
    let mut found = tree.files("zarf", is_one)?;
    found.extend(["Makefile", ".ci/run"].iter().filter(|path| tree.has(path)).map(|path| (*path).to_owned()));
    Ok(found)
}

/// The file of defaults against the keys of the programs.
fn defaults(tree: &Tree, names: &Names) -> Result<Vec<Finding>, Error> {
    let text = tree.read(DEFAULTS)?;
    let (mut findings, mut met) = (Vec::new(), BTreeSet::new());
    let (mut section, mut is_told) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        let place = (DEFAULTS, Some(at + 1));
        if let Some(comment) = line.strip_prefix('#') {
            is_told = true;
            for word in comment.split(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c))) {
                findings.extend(names.key(DEFAULTS, at + 1, word.trim_end_matches('.')));
            }
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, is_told) = (name.to_owned(), false);
        } else if let Some((field, _)) = line.split_once(" = ") {
            let name = if section.is_empty() { field.to_owned() } else { format!("{section}.{field}") };
            if !names.keys.contains(name.as_str()) {
                let mend = "declare it in app/sdk/settings/src/schema.rs, or take the line away";
                findings.push(Finding::drift(
                    Check::Settings,
                    place,
                    format!("{name} is no key of the programs"),
                    mend,
                ));
            }
            if !is_told {
                let mend = "say above it what it means: `--help` and `admin config show` print these words";
                findings.push(Finding::drift(Check::Settings, place, format!("{name} is not documented"), mend));
            }
            met.insert(name);
            is_told = false;
        }
    }
    let missing = names.keys.iter().filter(|name| !met.contains(**name));
    findings.extend(missing.map(|name| {
        let mend = "write it there with its default and what it means";
        Finding::drift(Check::Settings, (DEFAULTS, None), format!("{name} has no default and no words"), mend)
    }));
    Ok(findings)
}

/// The names that the programs know.
struct Names<'a> {
    keys: BTreeSet<&'a str>,
    variables: BTreeSet<&'a str>,
    /// `web`, `web.cors`.
    sections: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn of(keys: &'a [Key]) -> Self {
        let sections = keys.iter().flat_map(|key| key.name.match_indices('.').map(|(at, _)| key.name[..at].to_owned()));
        Self {
            keys: keys.iter().map(|key| key.name.as_str()).collect(),
            variables: keys.iter().map(|key| key.variable.as_str()).collect(),
            sections: sections.collect(),
        }
    }

    /// Every `MARQUEE__..` of the text is the variable of a key.
    fn variables(&self, path: &str, text: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices(PREFIX) {
                let name: String = line[start..]
                    .chars()
                    .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
                    .collect();
                // The prefix alone speaks of all of them.
                if name != PREFIX && !self.variables.contains(name.as_str()) {
                    let mend = nearest(&name, self.variables.iter().copied(), MEND);
                    let finding = format!("{name} sets no key of the programs");
                    findings.push(Finding::drift(Check::Settings, (path, Some(at + 1)), finding, mend));
                }
            }
        }
        findings
    }

    /// Every `--web.api_host` and `--set web.api_host=..` of the text names a key.
    fn flags(&self, path: &str, text: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices("--") {
                let word = line[start + 2..].trim_start_matches("set ").trim_start_matches("set=");
                let is_part = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(*c);
                let name: String = word.chars().take_while(is_part).collect();
                findings.extend(self.key(path, at + 1, name.trim_end_matches('.')));
            }
        }
        findings
    }

    /// A word that begins with a section is a key, or a section.
    fn key(&self, path: &str, line: usize, word: &str) -> Option<Finding> {
        let (section, rest) = word.split_once('.')?;
        let is_name = rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
        let is_known = self.keys.contains(word) || self.sections.contains(word);
        if rest.is_empty() || !is_name || is_known || !self.sections.contains(section) {
            return None;
        }
        let mend = nearest(word, self.keys.iter().copied(), MEND);
        Some(Finding::drift(Check::Settings, (path, Some(line)), format!("{word} is no key of the programs"), mend))
    }
}
