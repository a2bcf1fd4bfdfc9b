//! Rules over the statements of a migration.
//!
//! What a lock costs is said in PostgreSQL's own manual, at ALTER TABLE (notes) and CREATE INDEX (building indexes
//! concurrently). What the previous release bears follows from its statements: it names columns, and it inserts rows
//! without those that are new.

mod names;

use sqlparser::ast::{
    AlterColumnOperation, AlterTableOperation, ColumnDef, ColumnOption, Expr, ObjectName, Statement, TableConstraint,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use self::names::Names;
use crate::{Check, Finding};

/// A comment with this, the name of a rule and a reason lets a statement stay.
const ALLOWED: &str = "check: allow ";

/// Defaults that are computed once, when the statement is run; others are computed for each row, which is written anew.
const STABLE: &[&str] = &["now", "current_timestamp", "current_date", "localtimestamp", "transaction_timestamp"];

/// A rule that a statement breaks.
struct Broken {
    rule: &'static str,
    finding: String,
    mend: &'static str,
}

/// A statement of a migration.
struct Part {
    /// The line of its first word.
    line: usize,
    /// The lines that belong to it, remarks above it included.
    lines: std::ops::RangeInclusive<usize>,
    parsed: Result<Statement, String>,
}

/// Every rule that a statement breaks and that is not allowed there.
pub(super) fn judge(texts: &[(String, String)]) -> Vec<Finding> {
    let files: Vec<(&str, &str, Vec<Part>)> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_str(), parts(text))).collect();
    // Nobody uses yet what the same release makes.
    let statements = files.iter().flat_map(|(.., parts)| parts).filter_map(|part| part.parsed.as_ref().ok());
    let names = Names::of(statements);
    let mut findings = Vec::new();
    for (path, text, parts) in &files {
        for part in parts {
            match &part.parsed {
                Ok(statement) => findings.extend(told(path, text, part, broken(statement, &names))),
                Err(reason) => {
                    let finding = format!("the statement is not judged, since it cannot be parsed: {reason}");
                    let mend = "look at its locks yourself; the rehearsal measures them";
                    findings
                        .push(Finding::drift(Check::Migrations, (path, Some(part.line)), finding, mend).into_note());
                }
            }
        }
    }
    findings
}

fn told(path: &str, text: &str, part: &Part, broken: Vec<Broken>) -> Vec<Finding> {
    let allowed = |rule: &str| {
        let lines = text.lines().enumerate().filter(|(at, _)| part.lines.contains(&(at + 1)));
        lines.filter_map(|(_, line)| line.split_once(ALLOWED)).any(|(_, allowed)| {
            allowed.split_once(':').is_some_and(|(name, reason)| name.trim() == rule && !reason.trim().is_empty())
        })
    };
    let finding = |Broken { rule, finding, mend }: Broken| {
        let mend = format!("{mend}; or, if it is meant, above it: -- {ALLOWED}{rule}: <reason>");
        Finding::drift(Check::Migrations, (path, Some(part.line)), finding, mend)
    };
    broken.into_iter().filter(|one| !allowed(one.rule)).map(finding).collect()
}

/// The statements, each parsed on its own.
fn parts(text: &str) -> Vec<Part> {
    let dialect = PostgreSqlDialect {};
    let tokens = match Tokenizer::new(&dialect, text).tokenize_with_location() {
        Ok(tokens) => tokens,
        Err(error) => return vec![Part { line: 1, lines: 1..=1, parsed: Err(error.to_string()) }],
    };
    let (mut parts, mut open, mut begin) = (Vec::new(), Vec::<TokenWithSpan>::new(), 1);
    for token in tokens {
        let end = token.span.end.line as usize;
        if token.token != Token::SemiColon {
            open.push(token);
            continue;
        }
        parts.extend(part(&dialect, std::mem::take(&mut open), begin, end));
        begin = end;
    }
    parts.extend(part(&dialect, open, begin, usize::MAX));
    parts
}

fn part(dialect: &PostgreSqlDialect, tokens: Vec<TokenWithSpan>, begin: usize, end: usize) -> Option<Part> {
    let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF))?;
    let line = first.span.start.line as usize;
    let parsed = Parser::new(dialect).with_tokens_with_locations(tokens).parse_statement();
    Some(Part { line, lines: begin..=end, parsed: parsed.map_err(|error| error.to_string()) })
}

fn broken(statement: &Statement, names: &Names) -> Vec<Broken> {
    let is_new = |name: &ObjectName| names.makes(&last(name));
    match statement {
        Statement::AlterTable(alter) if !is_new(&alter.name) => {
            let table = last(&alter.name);
            alter.operations.iter().flat_map(|operation| altered(&table, operation, names)).collect()
        }
        Statement::Drop { object_type, names: dropped, .. } => {
            let kind = object_type.to_string().to_lowercase();
            let gone = dropped.iter().filter(|name| kind != "index" && !is_new(name));
            let gone = gone.map(|name| Broken {
                rule: "drop",
                finding: format!("the previous release still uses the {kind} {}", last(name)),
                mend: "stop using it in one release, and drop it in the next",
            });
            gone.collect()
        }
        Statement::CreateIndex(index) if !index.concurrently && !is_new(&index.table_name) => vec![Broken {
            rule: "index",
            finding: format!("building the index blocks writes of {} until it is built", last(&index.table_name)),
            mend: "CREATE INDEX CONCURRENTLY, alone in a migration that begins with `-- no-transaction`",
        }],
        Statement::Update(update) if update.selection.is_none() => {
            let table = update.table.relation.to_string();
            let name = table.rsplit('.').next().unwrap_or_default().to_owned();
            let whole = Broken {
                rule: "backfill",
                finding: format!("every row of {name} is locked and written in one transaction"),
                mend: "fill it in batches, by a job of the release that needs it",
            };
            if names.makes(&name) { Vec::new() } else { vec![whole] }
        }
        Statement::Truncate(truncate) => {
            let kept = truncate.table_names.iter().filter(|target| !is_new(&target.name));
            let kept = kept.map(|target| Broken {
                rule: "drop",
                finding: format!("the rows of {} are gone for the previous release too", last(&target.name)),
                mend: "delete what is not needed in batches",
            });
            kept.collect()
        }
        Statement::Lock(_) => vec![Broken {
            rule: "lock",
            finding: "a lock that is asked for holds up whoever uses the table".to_owned(),
            mend: "do without it",
        }],
        _ => Vec::new(),
    }
}

fn altered(table: &str, operation: &AlterTableOperation, names: &Names) -> Vec<Broken> {
    let one = |rule, finding: String, mend| vec![Broken { rule, finding, mend }];
    match operation {
        AlterTableOperation::DropColumn { column_names, .. } => {
            let names: Vec<String> = column_names.iter().map(|name| name.value.clone()).collect();
            let finding = format!("the previous release still uses {table}.{}", names.join(", "));
            one("drop", finding, "stop using it in one release, and drop it in the next")
        }
        AlterTableOperation::RenameColumn { old_column_name, .. }
            if !names.keeps(table, Some(&old_column_name.value)) =>
        {
            let finding = format!("the previous release still uses {table}.{old_column_name}");
            one("rename", finding, "add a column, write both, and drop the old one a release later")
        }
        AlterTableOperation::RenameTable { .. } if !names.keeps(table, None) => {
            let finding = format!("the previous release still uses {table}");
            one("rename", finding, "leave a view under the old name, or make the new table and write both")
        }
        AlterTableOperation::AlterColumn { column_name, op: AlterColumnOperation::SetNotNull } => one(
            "not-null",
            format!(
                "the previous release may still write null to {table}.{column_name}, and the whole table is read under a lock"
            ),
            "first a CHECK (.. IS NOT NULL) NOT VALID, a release later VALIDATE CONSTRAINT and SET NOT NULL",
        ),
        AlterTableOperation::AlterColumn { column_name, op: AlterColumnOperation::SetDataType { .. } } => one(
            "type",
            format!(
                "the whole of {table} is written anew under a lock, and the previous release knows {column_name} by its old type"
            ),
            "add a column of the new type, write both, and drop the old one a release later",
        ),
        AlterTableOperation::AddColumn { column_def, .. } => added(table, column_def),
        AlterTableOperation::AddConstraint { constraint, not_valid } => constrained(table, constraint, *not_valid),
        _ => Vec::new(),
    }
}

fn added(table: &str, column: &ColumnDef) -> Vec<Broken> {
    let mut broken = Vec::new();
    let options = || column.options.iter().map(|option| &option.option);
    let default = options().find_map(|option| match option {
        ColumnOption::Default(value) => Some(value),
        _ => None,
    });
    let is_stored =
        options().any(|option| matches!(option, ColumnOption::Generated { .. } | ColumnOption::Identity(_)));
    let kind = column.data_type.to_string().to_lowercase();
    let is_serial = kind.contains("serial");
    let name = &column.name;
    if options().any(|option| matches!(option, ColumnOption::NotNull)) && default.is_none() && !is_stored && !is_serial
    {
        broken.push(Broken {
            rule: "not-null",
            finding: format!(
                "the previous release inserts rows without {table}.{name}, which takes no null and has no default"
            ),
            mend: "give it a default, or let it be null until everyone writes it",
        });
    }
    if is_stored || is_serial || default.is_some_and(|value| !is_stable(value)) {
        broken.push(Broken {
            rule: "rewrite",
            finding: format!(
                "the value of {table}.{name} is computed for each row: the whole table is written anew under a lock"
            ),
            mend: "add it without, set the default in a second statement, and fill it in batches",
        });
    }
    for option in options() {
        let what = match option {
            ColumnOption::Unique(_) | ColumnOption::PrimaryKey(_) => "the index is built",
            ColumnOption::ForeignKey(_) | ColumnOption::Check(_) if default.is_some() => "every row is checked",
            _ => continue,
        };
        broken.push(Broken {
            rule: "constraint",
            finding: format!("{what} for {table}.{name} while nobody can use {table}"),
            mend: "add the constraint by itself: NOT VALID, or over an index that was built CONCURRENTLY",
        });
    }
    broken
}

fn constrained(table: &str, constraint: &TableConstraint, not_valid: bool) -> Vec<Broken> {
    let (finding, mend) = match constraint {
        TableConstraint::Check(_) | TableConstraint::ForeignKey(_) if !not_valid => (
            format!("every row of {table} is checked under a lock"),
            "add it NOT VALID, and VALIDATE CONSTRAINT in a migration after it",
        ),
        TableConstraint::Unique(_) | TableConstraint::PrimaryKey(_) | TableConstraint::Exclude(_) => (
            format!("its index is built while nobody can use {table}"),
            "build a unique index CONCURRENTLY, and add the constraint USING INDEX in a migration after it",
        ),
        _ => return Vec::new(),
    };
    vec![Broken { rule: "constraint", finding, mend }]
}

/// Whether a default is one value for all rows.
fn is_stable(value: &Expr) -> bool {
    let text = value.to_string().to_lowercase();
    // What is called has a parenthesis after its name.
    let calls = text.match_indices('(').map(|(at, _)| {
        let before = &text[..at];
        let begin = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        before[begin..].to_owned()
    });
    calls.into_iter().all(|name| name.is_empty() || STABLE.contains(&name.as_str()))
}

fn last(name: &ObjectName) -> String {
    let text = name.to_string();
    text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests;
