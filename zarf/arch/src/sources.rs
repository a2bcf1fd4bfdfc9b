//! What the text of a source file may not say.

use crate::Error;
use crate::manifests::DRAWERS;
use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Layer, Workspace};

/// Lines; a longer file holds two concepts.
const LONGEST: usize = 500;

/// Crates whose statements cannot be literals with parameters, and why.
const AUDITED_SQL: &[(&str, &str)] = &[
    ("dbtest", "the name of a database cannot be a parameter"),
    ("migrate", "the name of a scratch database cannot be a parameter"),
    ("rehearsal", "it prepares the statements of others, and fills whatever tables there are"),
];

/// Words of which one makes a text SQL.
const SQL_WORDS: &[&str] = &[
    "ALTER",
    "AND",
    "CREATE",
    "DELETE",
    "DROP",
    "FROM",
    "GRANT",
    "INSERT",
    "JOIN",
    "LIMIT",
    "LISTEN",
    "NOTIFY",
    "OFFSET",
    "ORDER",
    "RETURNING",
    "SELECT",
    "SET",
    "TRUNCATE",
    "UPDATE",
    "VALUES",
    "WHERE",
];

/// Calls whose argument is SQL.
const SQL_CALLS: &[&str] =
    &["push", "query", "query_as", "query_scalar", "query_with", "raw_sql", "QueryBuilder::new", "Builder::new"];

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) -> Result<(), Error> {
    for krate in &workspace.crates {
        let source = format!("{}/src/", krate.folder);
        for file in workspace.files(&krate.folder, &["rs"])? {
            let text = workspace.text(&file)?;
            let mut sight = Sight { krate, file: &file, violations };
            sight.length(&text);
            sight.secret(&text);
            if let Some(inside) = file.strip_prefix(&source) {
                let code = without_comments(&text);
                sight.name(inside);
                sight.storage(&code);
                sight.environment(&code);
                sight.sql(&code);
            }
        }
    }
    for file in workspace.files("zarf", &["json", "yaml", "yml", "toml", "md", "sh", "env"])? {
        let text = workspace.text(&file)?;
        check_secret(&file, &text, violations);
    }
    Ok(())
}

/// One file, and where its violations go.
struct Sight<'a> {
    krate: &'a Crate,
    file: &'a str,
    violations: &'a mut Vec<Violation>,
}

impl Sight<'_> {
    fn report(&mut self, rule: Rule, line: Option<usize>, finding: String, mend: &str) {
        let place = line.map_or_else(|| self.file.to_owned(), |line| format!("{}:{line}", self.file));
        self.violations.push(Violation { rule, place, finding, mend: mend.to_owned() });
    }

    fn length(&mut self, text: &str) {
        let lines = text.lines().count();
        if lines > LONGEST {
            let finding = format!("{lines} lines are more than {LONGEST}");
            self.report(Rule::Length, None, finding, "look for the second concept in it, and give that a file");
        }
    }

    fn secret(&mut self, text: &str) {
        check_secret(self.file, text, self.violations);
    }

    fn name(&mut self, inside: &str) {
        for part in inside.trim_end_matches(".rs").split('/') {
            if DRAWERS.contains(&part) {
                let mend = "name the one thing that it does; what does not fit that name goes elsewhere";
                self.report(Rule::Name, None, format!("anything fits into {part}"), mend);
            }
        }
    }

    /// A domain's store is seen by the domain alone.
    fn storage(&mut self, code: &str) {
        if !self.krate.lives_in("business/domain") {
            return;
        }
        for (index, line) in code.lines().enumerate() {
            let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let shown = line.trim_start().starts_with("pub ") && words.contains(&"store");
            if shown && (words.contains(&"mod") || words.contains(&"use")) {
                let mend = "write `mod store;`, and let the methods of Business be the only way to it";
                self.report(Rule::Storage, Some(index + 1), "the store is shown to other crates".to_owned(), mend);
            }
        }
    }

    /// Business and foundation get settings as arguments.
    fn environment(&mut self, code: &str) {
        let below = self.krate.is_of(Layer::Business) || self.krate.is_of(Layer::Foundation);
        if !below {
            return;
        }
        for (index, line) in code.lines().enumerate() {
            if ["env::var", "env::args", "env::set_"].iter().any(|call| line.contains(call)) {
                let finding = "business and foundation do not read the environment".to_owned();
                self.report(Rule::Environment, Some(index + 1), finding, "take the value as an argument");
            }
        }
    }

    /// SQL is a literal; its dynamic parts go through a query builder.
    fn sql(&mut self, code: &str) {
        let speaks_sql = self.krate.dependencies.iter().any(|dependency| dependency.name == "sqlx");
        if !speaks_sql || self.krate.is_of(Layer::Zarf) || AUDITED_SQL.iter().any(|(name, _)| *name == self.krate.name)
        {
            return;
        }
        for at in code.match_indices("AssertSqlSafe").map(|(at, _)| at) {
            let mend = "write the statement as a literal, its dynamic parts with QueryBuilder";
            self.report(Rule::Storage, Some(line_of(code, at)), "SQL is asserted to be safe".to_owned(), mend);
        }
        for at in code.match_indices("format!").map(|(at, _)| at) {
            let called = code.get(..at).unwrap_or_default().trim_end_matches(['&', '(', ' ', '\n']);
            let is_argument = SQL_CALLS.iter().any(|call| {
                called.strip_suffix(call).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            });
            if is_argument || is_sql(literal(code.get(at..).unwrap_or_default())) {
                let mend = "write the statement as a literal, its dynamic parts with QueryBuilder::push_bind";
                self.report(
                    Rule::Storage,
                    Some(line_of(code, at)),
                    "SQL is put together with format!".to_owned(),
                    mend,
                );
            }
        }
    }
}

/// A private key in the text: the header, followed by its data.
fn check_secret(file: &str, text: &str, violations: &mut Vec<Violation>) {
    for (at, header) in text.match_indices("PRIVATE KEY-----") {
        let data =
            text.get(at + header.len()..).unwrap_or_default().trim_start_matches(['\\', 'n', 'r', '\n', '\r', ' ']);
        let is_data = |c: char| c.is_ascii_alphanumeric() || ['+', '/', '='].contains(&c);
        if data.chars().take_while(|c| is_data(*c)).count() >= 32 {
            violations.push(Violation {
                rule: Rule::Secret,
                place: format!("{file}:{}", line_of(text, at)),
                finding: "a private key lies in the tree".to_owned(),
                mend: "make the key when it is needed (zarf/keys/README.md); this one is published, retire it"
                    .to_owned(),
            });
        }
    }
}

/// The text with comments blanked, lines kept. It knows line comments outside of a string on one line, which is
/// enough: what hides in the rest can only be reported too much.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let is_comment = |(at, _): &(usize, &str)| {
            line.get(..*at).unwrap_or_default().replace("\\\"", "").matches('"').count() % 2 == 0
        };
        let end = line.match_indices("//").find(is_comment).map_or(line.len(), |(at, _)| at);
        code.push_str(line.get(..end).unwrap_or_default());
        code.push('\n');
    }
    code
}

/// The first string literal of the text, up to its closing quote.
fn literal(text: &str) -> &str {
    text.split('"').nth(1).unwrap_or_default()
}

/// Whether the text has a word of SQL, written as SQL is here: in capitals.
fn is_sql(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| SQL_WORDS.contains(&word))
}

/// The line, from 1, of a byte position.
fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}
