//! The keys as `config.default.toml` documents them.

use crate::schema;

/// The defaults and their documentation.
pub(crate) const DEFAULTS: &str = include_str!("../config.default.toml");

/// One key.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name, as `web.api_host`.
    pub name: String,
    /// What it means, in sentences, on the lines of the file.
    pub doc: String,
    /// The default, as TOML.
    pub default: String,
    /// Whether its value is never shown.
    pub secret: bool,
}

impl Key {
    /// The environment variable that sets it, as `MARQUEE__WEB__API_HOST`.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(&self.name)
    }
}

/// Keys that belong together: one table of the file.
#[derive(Clone, Debug)]
pub struct Section {
    /// The table, as `web`; empty for the keys above the first table.
    pub name: String,
    /// What the keys are about.
    pub doc: String,
    /// The keys, in the order of the file.
    pub keys: Vec<Key>,
}

/// Every key, in the order of the file.
#[must_use]
pub fn keys() -> Vec<Key> {
    sections().into_iter().flat_map(|section| section.keys).collect()
}

/// Every key, by table, in the order of the file.
#[must_use]
pub fn sections() -> Vec<Section> {
    let secrets: Vec<String> =
        schema::declared().into_iter().filter(|declared| declared.secret).map(|declared| declared.name).collect();
    let mut sections = vec![Section { name: String::new(), doc: String::new(), keys: Vec::new() }];
    let mut doc = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            doc.push(comment.trim());
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name: name.to_owned(), doc: doc.join(" "), keys: Vec::new() });
            doc.clear();
        } else if let (Some((field, default)), Some(section)) = (line.split_once(" = "), sections.last_mut()) {
            let name = if section.name.is_empty() { field.to_owned() } else { format!("{}.{field}", section.name) };
            let secret = secrets.contains(&name);
            section.keys.push(Key { name, doc: doc.join("\n"), default: default.to_owned(), secret });
            doc.clear();
        }
    }
    sections
}

/// The environment variable of a key.
pub(crate) fn variable(key: &str) -> String {
    format!("MARQUEE__{}", key.replace('.', "__").to_uppercase())
}
