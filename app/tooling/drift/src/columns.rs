//! Every struct of a row against what the statements that fill it answer: names, types, nulls.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal::Column;
use syn::{GenericArgument, PathArguments, Type};

use crate::statements::{Described, Field, Krate, Preparation, Row};
use crate::{Check, Finding};

/// Compares each row with each statement that was prepared for it.
#[must_use]
pub fn columns(preparation: &Preparation) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut met: BTreeSet<(usize, String)> = BTreeSet::new();
    for described in &preparation.described {
        let Some(krate) = preparation.krates.get(described.krate) else { continue };
        let found = match &described.row {
            Row::Struct(name) => {
                met.insert((described.krate, name.clone()));
                record(krate, name, described)
            }
            Row::Tuple(types) => tuple(types, described),
        };
        for finding in found {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings.extend(unfilled(&preparation.krates, &met));
    findings
}

/// Structs of rows that no statement is known to fill.
fn unfilled(krates: &[Krate], met: &BTreeSet<(usize, String)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, krate) in krates.iter().enumerate() {
        let within: BTreeSet<String> = krate
            .records
            .values()
            .flat_map(|record| record.fields.iter().filter(|field| field.flatten))
            .filter_map(|field| last(&field.kind))
            .collect();
        let records: BTreeMap<_, _> = krate.records.iter().collect();
        for (name, record) in records {
            if !met.contains(&(at, name.clone())) && !within.contains(name) {
                findings.push(Finding::drift(
                    Check::Columns,
                    (&record.path, Some(record.line)),
                    format!("no statement is known to fill {name}"),
                    format!("name it where the statement is: sqlx::query_as::<_, {name}>(SQL)"),
                ));
            }
        }
    }
    findings
}

/// The fields of a struct, by name.
fn record(krate: &Krate, name: &str, described: &Described) -> Vec<Finding> {
    let Some(record) = krate.records.get(name) else { return Vec::new() };
    let mut findings = Vec::new();
    for field in &record.fields {
        if field.flatten {
            if let Some(inner) = last(&field.kind) {
                findings.extend(self::record(krate, &inner, described));
            }
            continue;
        }
        let place = (record.path.as_str(), Some(field.line));
        let (path, line) = &described.place;
        match described.prepared.columns.iter().find(|column| column.name == field.name) {
            Some(column) => findings.extend(compare(place, name, field, column, described)),
            None if field.default => {}
            None => findings.push(Finding::drift(
                Check::Columns,
                place,
                format!("{name}.{} has no column in the statement at {path}:{line}", field.name),
                "select the column, or take the field away",
            )),
        }
    }
    findings
}

fn compare(
    place: (&str, Option<usize>),
    name: &str,
    field: &Field,
    column: &Column,
    described: &Described,
) -> Vec<Finding> {
    let (path, line) = &described.place;
    let said = format!("{name}.{}", field.name);
    let (inner, is_option) = optional(&field.kind);
    let mut findings = Vec::new();
    if let Some(takes) = takes(inner)
        && !takes.contains(&column.kind)
    {
        let finding = format!("{said} holds {}, and the column at {path}:{line} is {}", takes[0], column.kind);
        let mend = "give the field the type of the column, or cast the column";
        findings.push(Finding::drift(Check::Columns, place, finding, mend));
    }
    match (column.nullable, is_option) {
        (Some(true), false) if !field.default && !field.never_null => {
            let finding = format!("{said} is never null, and the column at {path}:{line} may be");
            let mend = "make it an Option, or the column NOT NULL by a migration; or, where the statement sees to it, \
                        say so above the field: // check: never null: <reason>";
            findings.push(Finding::drift(Check::Columns, place, finding, mend));
        }
        (Some(false), true) if !joins_outside(&described.text) => {
            let finding = format!("{said} is an Option, and the column at {path}:{line} is NOT NULL");
            findings.push(Finding::drift(Check::Columns, place, finding, "take the Option away"));
        }
        _ => {}
    }
    findings
}

/// The places of a tuple, in order. Whether they are null is left to the condition of the statement.
fn tuple(types: &[Type], described: &Described) -> Vec<Finding> {
    let (path, line) = &described.place;
    let place = (path.as_str(), Some(*line));
    let columns = &described.prepared.columns;
    if types.len() > columns.len() {
        let finding = format!("the row has {} places, and the statement {} columns", types.len(), columns.len());
        return vec![Finding::drift(Check::Columns, place, finding, "select the columns that the row has")];
    }
    let mut findings = Vec::new();
    for (kind, column) in types.iter().zip(columns) {
        if let Some(takes) = takes(optional(kind).0)
            && !takes.contains(&column.kind)
        {
            let finding = format!("the place of `{}` holds {}, and it is {}", column.name, takes[0], column.kind);
            findings.push(Finding::drift(Check::Columns, place, finding, "give the place the type of the column"));
        }
    }
    findings
}

/// A row of an outer join has nulls where its table has none.
fn joins_outside(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().any(|word| ["LEFT", "RIGHT", "FULL"].contains(word))
}

/// The type within an `Option`, and whether it was one.
fn optional(kind: &Type) -> (&Type, bool) {
    match argument(kind, "Option") {
        Some(inner) => (inner, true),
        None => (kind, false),
    }
}

fn last(kind: &Type) -> Option<String> {
    let Type::Path(path) = kind else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// The argument of a generic type of this name.
fn argument<'a>(kind: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = kind else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    })
}

/// The types of columns that a type of Rust is read from (sqlx's table of PostgreSQL types); `None` for those that this
/// check does not know.
fn takes(kind: &Type) -> Option<Vec<String>> {
    if argument(kind, "Json").is_some() {
        return Some(vec!["jsonb".to_owned(), "json".to_owned()]);
    }
    if let Some(inner) = argument(kind, "Vec") {
        if last(inner).as_deref() == Some("u8") {
            return Some(vec!["bytea".to_owned()]);
        }
        return Some(takes(inner)?.into_iter().map(|kind| format!("{kind}[]")).collect());
    }
    let kinds: &[&str] = match last(kind)?.as_str() {
        "bool" => &["bool"],
        "i16" => &["int2"],
        "i32" => &["int4"],
        "i64" => &["int8"],
        "f32" => &["float4"],
        "f64" => &["float8"],
        "String" => &["text", "varchar", "char", "name", "citext", "unknown"],
        "Uuid" => &["uuid"],
        "Timestamp" | "DateTime" => &["timestamptz"],
        "NaiveDate" => &["date"],
        "NaiveDateTime" => &["timestamp"],
        "Value" => &["jsonb", "json"],
        "PgInterval" => &["interval"],
        _ => return None,
    };
    Some(kinds.iter().map(|kind| (*kind).to_owned()).collect())
}
