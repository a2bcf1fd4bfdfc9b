//! Every SQL statement of the sources against the replayed schema, which prepares it.

mod builder;
mod krate;
mod syntax;
mod texts;

use rehearsal::{Prepared, Refusal, Replayed};

pub(crate) use self::krate::{Field, Krate};
pub(crate) use self::texts::Row;

use self::builder::Builder;
use self::krate::crates;
use self::texts::{Statement, Text, Unresolved};
use crate::{Check, Error, Finding, Tree};

/// A comment with this and a reason, on the line above, lets a text stay unprepared that cannot be told from the source.
pub(crate) const ALLOWED: &str = "check: unprepared:";

/// What the sources give to the database.
pub struct Statements {
    krates: Vec<Krate>,
    statements: Vec<Statement>,
    builders: Vec<Builder>,
    unresolved: Vec<Unresolved>,
}

/// What came of preparing them.
pub struct Preparation {
    /// Statements that the server does not take.
    pub findings: Vec<Finding>,
    /// Texts that stand in the sources as they are sent.
    pub texts: usize,
    /// Texts that are put together at run time, of which every part was prepared within a whole.
    pub builders: usize,
    /// Places whose text nobody can tell from the source, with the reason that is written there.
    pub unprepared: Vec<String>,
    pub(crate) described: Vec<Described>,
    pub(crate) krates: Vec<Krate>,
}

/// A statement that fills rows.
pub(crate) struct Described {
    pub(crate) krate: usize,
    pub(crate) place: (String, usize),
    pub(crate) text: String,
    pub(crate) row: Row,
    pub(crate) prepared: Prepared,
}

/// Finds every statement below `business` and `app`.
///
/// # Errors
/// A source cannot be read.
pub fn statements(tree: &Tree) -> Result<Statements, Error> {
    let krates = crates(tree)?;
    let mut all = Statements { krates, statements: Vec::new(), builders: Vec::new(), unresolved: Vec::new() };
    for (at, krate) in all.krates.iter().enumerate() {
        let found = texts::find(at, krate);
        all.statements.extend(found.statements);
        all.unresolved.extend(found.unresolved);
        all.builders.extend(found.builders);
    }
    Ok(all)
}

impl Statements {
    /// Has the server prepare each of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prepare(self, replayed: &mut Replayed) -> Result<Preparation, Error> {
        let Self { krates, statements, builders, unresolved } = self;
        let mut done = Preparation {
            findings: Vec::new(),
            texts: statements.len(),
            builders: builders.len(),
            unprepared: Vec::new(),
            described: Vec::new(),
            krates,
        };
        for statement in statements {
            match replayed.prepare(&statement.text.sql()).await? {
                Err(refusal) => done.findings.push(refused(&statement.text, &refusal)),
                Ok(prepared) => {
                    let place = (statement.text.path.clone(), statement.text.line());
                    done.described.extend(statement.rows.into_iter().map(|row| Described {
                        krate: statement.krate,
                        place: place.clone(),
                        text: statement.text.sql(),
                        row,
                        prepared: prepared.clone(),
                    }));
                }
            }
        }
        for builder in builders {
            builder.prepare(replayed, &mut done).await?;
        }
        for one in unresolved {
            done.unresolved(one);
        }
        Ok(done)
    }
}

impl Preparation {
    /// A text that cannot be told is a finding, unless its line is allowed.
    fn unresolved(&mut self, one: Unresolved) {
        match one.allowed {
            Some(reason) => self.unprepared.push(format!("{}:{}: {reason}", one.path, one.line)),
            None => self.findings.push(Finding::drift(
                Check::Statements,
                (&one.path, Some(one.line)),
                format!("the statement cannot be told from the source: {}", one.why),
                format!("write it as a literal; or, where that cannot be, say why above it: // {ALLOWED} <reason>"),
            )),
        }
    }
}

/// A statement that the server does not take, told on the line that it complains of.
fn refused(text: &Text, refusal: &Refusal) -> Finding {
    let line = refusal.position.map_or_else(|| text.line(), |at| text.line_at(at));
    let finding = format!("PostgreSQL does not take the statement: {}", refusal.message);
    let mend = "write it as the migrations have it, or bring the migration that it needs";
    Finding::drift(Check::Statements, (&text.path, Some(line)), finding, mend)
}
