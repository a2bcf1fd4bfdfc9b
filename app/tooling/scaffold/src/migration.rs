//! Migrations that change what is there: forward only, each reason beside its statement.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::dsl::{Field, Kind, Resource};
use crate::face::{Check, Face};
use crate::plan::{File, PlanError};
use crate::render::{capital, environment, wrapped};
use crate::schema::{MIGRATIONS, Schema, Table};
use crate::tree::tidy;

#[derive(Serialize)]
struct Column<'a> {
    #[serde(rename = "Several")]
    several: String,
    a: &'static str,
    words: &'a str,
    name: &'a str,
    p: &'a str,
    optional: bool,
    checks: bool,
    folded: bool,
    actions: Vec<String>,
    validations: Vec<String>,
}

#[derive(Serialize)]
struct Index<'a> {
    purpose: String,
    index: String,
    unique: &'static str,
    p: &'a str,
    columns: String,
}

#[derive(Serialize)]
struct Rename<'a> {
    #[serde(rename = "Several")]
    several: String,
    new_several: &'a str,
    /// The view that stands in for the old table.
    view: Option<&'a str>,
    /// What stands in for it, as it is dropped.
    stand_ins: Vec<String>,
    /// What is in the way of the new names, as it is dropped.
    spent: Vec<String>,
    functions: Vec<Function>,
    changes: Vec<String>,
    columns: String,
    table: &'a str,
}

/// A function, which keeps its old name for those who call it by that.
#[derive(Serialize)]
struct Function {
    old: String,
    new: String,
}

#[derive(Serialize)]
struct Removal<'a> {
    #[serde(rename = "Several")]
    several_capital: String,
    several: &'a str,
    views: Vec<&'a str>,
    functions: Vec<String>,
    p: &'a str,
}

/// Gives the table of `resource` the columns of `field`. Up to three files: what takes no time, what looks at the rows
/// that are there, what builds an index beside those who write.
pub(crate) fn add(resource: &Resource, field: &Field, schema: &Schema) -> Result<Vec<File>, PlanError> {
    let p = &resource.plural.snake;
    let face = Face::of(field, resource);
    let default = match field.kind {
        Kind::List(..) | Kind::Json => Some("'{}'".to_owned()),
        _ => field.default.as_deref().map(literal),
    };
    let end = match &default {
        Some(default) => format!(" NOT NULL DEFAULT {default}"),
        None => String::new(),
    };
    let mut actions: Vec<String> =
        face.columns.iter().map(|column| format!("ADD COLUMN {} {}{end}", column.name, column.sql)).collect();
    actions.extend(face.derived.iter().map(|column| format!("ADD COLUMN {column}")));
    let rules = face.checks.iter();
    actions.extend(rules.map(|check| format!("ADD CONSTRAINT {} CHECK ({}) NOT VALID", check.name, check.sql)));
    // A key that refers is a rule like the others; one that is unique is an index, and built like one.
    let (unique, refers): (Vec<&Check>, Vec<&Check>) = face.keys.iter().partition(|key| key.sql.starts_with("UNIQUE"));
    actions.extend(refers.iter().map(|key| format!("ADD CONSTRAINT {} {} NOT VALID", key.name, key.sql)));
    let rules = face.checks.iter().chain(refers);
    let validations: Vec<String> = rules.map(|rule| format!("VALIDATE CONSTRAINT {}", rule.name)).collect();
    let column = Column {
        several: capital(&resource.plural.words),
        a: field.name.article(),
        words: &field.name.words,
        name: &field.name.snake,
        p,
        optional: field.optional,
        checks: !validations.is_empty(),
        folded: !face.derived.is_empty(),
        actions,
        validations,
    };
    let mut files = Files::after(schema);
    files.push(&format!("{p}_{}", face.name), include_str!("../templates/migrations/add_column.sql.jinja"), &column)?;
    if column.checks {
        let template = include_str!("../templates/migrations/validate.sql.jinja");
        files.push(&format!("{p}_{}_holds", face.name), template, &column)?;
    }
    let template = include_str!("../templates/migrations/index.sql.jinja");
    for key in unique {
        let index = Index {
            purpose: format!("No two have the same `{}`", face.name),
            index: key.name.clone(),
            unique: "UNIQUE ",
            p,
            columns: key.sql.trim_start_matches("UNIQUE ").to_owned(),
        };
        files.push(&index.index, template, &index)?;
    }
    for index in &face.indexes {
        let index = Index {
            purpose: index.purpose.clone(),
            index: index.name.clone(),
            unique: "",
            p,
            columns: index.on.clone(),
        };
        files.push(&index.index, template, &index)?;
    }
    Ok(files.list)
}

/// Gives the table of `old` and what is in it the names of `new`.
pub(crate) fn rename(old: &Resource, new: &Resource, schema: &Schema) -> Result<File, PlanError> {
    let (p, table) = (old.plural.snake.as_str(), new.plural.snake.as_str());
    let empty = Table::default();
    let known = schema.tables.get(p).unwrap_or(&empty);
    let (from, to) = (format!("{}_id", old.name.snake), format!("{}_id", new.name.snake));
    let mut changes = Vec::new();
    if p != table {
        changes.push(format!("ALTER TABLE public.{p} RENAME TO {table}"));
    }
    if from != to {
        changes.push(format!("ALTER TABLE public.{table} RENAME COLUMN {from} TO {to}"));
    }
    let renamed = |name: &String| {
        let rest = name.strip_prefix(&format!("{p}_")).map(|rest| format!("{table}_{rest}"))?;
        (rest != *name).then_some(rest)
    };
    for (name, new) in known.constraints.iter().filter_map(|name| Some((name, renamed(name)?))) {
        changes.push(format!("ALTER TABLE public.{table} RENAME CONSTRAINT {name} TO {new}"));
    }
    for (name, new) in known.indexes.iter().filter_map(|name| Some((name, renamed(name)?))) {
        changes.push(format!("ALTER INDEX public.{name} RENAME TO {new}"));
    }
    let functions: Vec<Function> = schema
        .functions_of(p)
        .into_iter()
        .map(str::to_owned)
        .filter_map(|old| Some(Function { new: renamed(&old)?, old }))
        .collect();
    for Function { old, new } in &functions {
        changes.push(format!("ALTER FUNCTION public.{old}(text) RENAME TO {new}"));
    }
    let column = |name: &String| if *name == from { format!("{to} AS {from}") } else { name.clone() };
    let columns: Vec<String> = known.columns.iter().map(column).collect();
    let view = (p != table).then_some(p);
    let drop = |what: &str, name: &str| format!("DROP {what} public.{name};");
    let stand_ins = view.map(|view| drop("VIEW", view)).into_iter();
    let stand_ins = stand_ins.chain(functions.iter().map(|function| drop("FUNCTION", &function.old))).collect();
    let spent = schema.views_of(p).into_iter().filter(|view| *view == table).map(|view| drop("VIEW", view));
    let taken = functions.iter().filter(|function| schema.functions.contains_key(&function.new));
    let spent = spent.chain(taken.map(|function| drop("FUNCTION", &function.new))).collect();
    let rename = Rename {
        several: capital(&old.plural.words),
        new_several: &new.plural.words,
        view,
        stand_ins,
        spent,
        functions,
        changes,
        columns: wrapped(&columns.join(", ")),
        table,
    };
    let name = format!("{p}_renamed_{table}");
    let mut files = Files::after(schema);
    files.push(&name, include_str!("../templates/migrations/rename.sql.jinja"), &rename)
}

/// Drops the table of `resource`, and the views on it.
pub(crate) fn remove(resource: &Resource, schema: &Schema) -> Result<File, PlanError> {
    let p = resource.plural.snake.as_str();
    let removal = Removal {
        several_capital: capital(&resource.plural.words),
        several: &resource.plural.words,
        views: schema.views_of(p),
        functions: schema.functions_of(p).into_iter().map(|name| format!("public.{name}")).collect(),
        p,
    };
    let template = include_str!("../templates/migrations/remove.sql.jinja");
    Files::after(schema).push(&format!("{p}_removed"), template, &removal)
}

/// New files, numbered from where the others end.
struct Files {
    last: u32,
    list: Vec<File>,
}

impl Files {
    fn after(schema: &Schema) -> Self {
        Self { last: schema.last, list: Vec::new() }
    }

    fn push(&mut self, name: &str, template: &str, values: &impl Serialize) -> Result<File, PlanError> {
        let text = environment()?.render_named_str(name, template, Value::from(Serde(values)))?;
        self.last += 1;
        let file = File::new(&format!("{MIGRATIONS}/{:04}_{name}.sql", self.last), tidy(&text));
        self.list.push(file.clone());
        Ok(file)
    }
}

/// A default, which is kept as JSON, as SQL.
fn literal(json: &str) -> String {
    let Some(text) = json.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return json.to_owned();
    };
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    format!("'{}'", plain.replace('\'', "''"))
}
