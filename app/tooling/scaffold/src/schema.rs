//! The tables that the migrations make, with the names in them: the migrations replayed as text, in their order.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::plan::PlanError;
use crate::tree;

pub(crate) const MIGRATIONS: &str = "business/sdk/migrate/migrations";

/// What begins a rule of a table in place of a column.
const RULES: &[&str] = &["constraint", "primary", "unique", "check", "foreign", "exclude", "like"];

/// What is there after the last migration.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// The number of the last migration.
    pub(crate) last: u32,
    pub(crate) tables: BTreeMap<String, Table>,
    /// The views, each with the table that it shows.
    pub(crate) views: BTreeMap<String, String>,
    /// The functions that read a table, each with that.
    pub(crate) functions: BTreeMap<String, String>,
}

/// The names in a table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) constraints: Vec<String>,
    pub(crate) indexes: Vec<String>,
    /// The tables that its rows refer to.
    pub(crate) refers: Vec<String>,
}

impl Schema {
    /// That of the clone at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, PlanError> {
        let failed = |source| PlanError::File { path: MIGRATIONS.to_owned(), source };
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(root.join(MIGRATIONS)).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if let Some(number) = name.split('_').next().and_then(|number| number.parse::<u32>().ok()) {
                files.insert(number, name);
            }
        }
        let mut schema = Self::default();
        for (number, name) in files {
            schema.last = number;
            schema.apply(&tree::read(root, &format!("{MIGRATIONS}/{name}"))?);
        }
        Ok(schema)
    }

    /// Whether a table or a view is called this.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tables.contains_key(name) || self.views.contains_key(name)
    }

    /// The views that show `table`.
    pub(crate) fn views_of(&self, table: &str) -> Vec<&str> {
        self.views.iter().filter(|(_, shown)| *shown == table).map(|(view, _)| view.as_str()).collect()
    }

    /// The functions that read `table`.
    pub(crate) fn functions_of(&self, table: &str) -> Vec<&str> {
        self.functions.iter().filter(|(_, read)| *read == table).map(|(function, _)| function.as_str()).collect()
    }

    fn apply(&mut self, sql: &str) {
        for statement in statements(sql) {
            let words: Vec<&str> = statement.iter().map(String::as_str).filter(|word| !noise(word)).collect();
            match words[..] {
                ["create", "table", name, "(", ref body @ ..] => {
                    let table = self.tables.entry(name.to_owned()).or_default();
                    for item in items(body) {
                        table.item(item);
                    }
                }
                ["alter", "table", name, "rename", "to", new] => self.rename(name, new),
                ["alter", "table", name, ref actions @ ..] => {
                    for action in items(actions) {
                        self.tables.entry(name.to_owned()).or_default().alter(action);
                    }
                }
                ["create", "index", index, "on", table, ..] | ["create", "unique", "index", index, "on", table, ..] => {
                    self.tables.entry(table.to_owned()).or_default().indexes.push(index.to_owned());
                }
                ["alter", "index", name, "rename", "to", new] => {
                    self.tables.values_mut().for_each(|table| renamed(&mut table.indexes, name, new));
                }
                ["drop", "index", name, ..] => {
                    self.tables.values_mut().for_each(|table| table.indexes.retain(|index| index != name));
                }
                ["drop", "table", ref names @ ..] => {
                    self.tables.retain(|table, _| !names.contains(&table.as_str()));
                }
                ["create", "view", view, ref rest @ ..] => {
                    let table = rest.iter().skip_while(|word| **word != "from").nth(1);
                    self.views.insert(view.to_owned(), table.copied().unwrap_or_default().to_owned());
                }
                ["drop", "view", ref names @ ..] => self.views.retain(|view, _| !names.contains(&view.as_str())),
                ["create", "function", function, ref rest @ ..] => {
                    // It reads a table, or calls one that does.
                    let read = rest.iter().skip_while(|word| **word != "from").nth(1).copied();
                    let read =
                        read.or_else(|| rest.iter().find_map(|word| self.functions.get(*word).map(String::as_str)));
                    if let Some(read) = read.filter(|read| self.tables.contains_key(*read)).map(str::to_owned) {
                        self.functions.insert(function.to_owned(), read);
                    }
                }
                ["alter", "function", name, .., "rename", "to", new] => {
                    if let Some(read) = self.functions.remove(name) {
                        self.functions.insert(new.to_owned(), read);
                    }
                }
                ["drop", "function", ref names @ ..] => {
                    self.functions.retain(|name, _| !names.contains(&name.as_str()))
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, name: &str, new: &str) {
        if let Some(table) = self.tables.remove(name) {
            self.tables.insert(new.to_owned(), table);
        }
        let refers = self.tables.values_mut().flat_map(|table| &mut table.refers);
        for shown in
            refers.chain(self.views.values_mut()).chain(self.functions.values_mut()).filter(|shown| *shown == name)
        {
            new.clone_into(shown);
        }
    }
}

impl Table {
    /// A column or a rule that it gets.
    fn item(&mut self, item: &[&str]) {
        if let Some(first) = item.first().filter(|first| !RULES.contains(first)) {
            self.columns.push((*first).to_owned());
        }
        for pair in item.windows(2) {
            match pair[0] {
                "constraint" => self.constraints.push(pair[1].to_owned()),
                "references" => self.refers.push(pair[1].to_owned()),
                _ => {}
            }
        }
    }

    fn alter(&mut self, action: &[&str]) {
        match *action {
            ["add", "column", ref item @ ..] | ["add", ref item @ ..] => self.item(item),
            ["drop", "constraint", name, ..] => self.constraints.retain(|known| known != name),
            ["drop", "column", name, ..] => self.columns.retain(|known| known != name),
            ["rename", "constraint", name, "to", new] => renamed(&mut self.constraints, name, new),
            ["rename", "column", name, "to", new] => renamed(&mut self.columns, name, new),
            _ => {}
        }
    }
}

fn renamed(names: &mut [String], name: &str, new: &str) {
    for known in names.iter_mut().filter(|known| *known == name) {
        new.clone_into(known);
    }
}

/// Words that change nothing about what a statement makes.
fn noise(word: &str) -> bool {
    ["if", "not", "exists", "only", "concurrently", "or", "replace", "unlogged"].contains(&word)
}

/// The parts of a list that commas part, up to the bracket that ends it.
fn items<'a>(words: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    for (place, word) in words.iter().enumerate() {
        match *word {
            "(" => depth += 1,
            ")" if depth == 0 => {
                items.push(&words[start..place]);
                return items;
            }
            ")" => depth -= 1,
            "," if depth == 0 => {
                items.push(&words[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(&words[start..]);
    items
}

/// The statements, each as its words: names without `public.`, in lower case; texts as `'`.
fn statements(sql: &str) -> Vec<Vec<String>> {
    let (mut statements, mut words, mut rest) = (Vec::new(), Vec::new(), sql);
    while let Some(first) = rest.chars().next() {
        let length = if let Some(comment) = rest.strip_prefix("--") {
            2 + comment.find('\n').unwrap_or(comment.len())
        } else if first == '\'' {
            words.push("'".to_owned());
            2 + rest[1..].find('\'').unwrap_or(rest.len().saturating_sub(2))
        } else if let Some(body) = dollar(rest) {
            body
        } else if first.is_alphanumeric() || first == '_' || first == '"' {
            let ends = |c: char| !(c.is_alphanumeric() || ['_', '.', '"'].contains(&c));
            let length = rest.find(ends).unwrap_or(rest.len());
            let name = rest[..length].replace('"', "").to_lowercase();
            words.push(name.strip_prefix("public.").unwrap_or(&name).to_owned());
            length
        } else {
            match first {
                ';' => statements.push(std::mem::take(&mut words)),
                '(' | ')' | ',' => words.push(first.to_string()),
                _ => {}
            }
            first.len_utf8()
        };
        rest = &rest[length.min(rest.len())..];
    }
    statements.push(words);
    statements
}

/// The length of a text in dollar quotes, if one starts here.
fn dollar(sql: &str) -> Option<usize> {
    let tag = &sql[..sql.strip_prefix('$')?.find('$')? + 2];
    let plain = tag.trim_matches('$').chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if !plain {
        return None;
    }
    Some(sql[tag.len()..].find(tag).map_or(sql.len(), |end| end + 2 * tag.len()))
}
