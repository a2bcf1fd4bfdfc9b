//! What the names in migrations stand for, to a release that knows the names from before.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{AlterTableOperation, RenameTableNameKind, Statement};

use super::last;

/// The names that the migrations of one release bring.
#[derive(Default)]
pub(super) struct Names {
    /// Tables that are made here, by every name that they have had: nobody uses them yet.
    new: BTreeSet<String>,
    /// Tables that were there and are renamed, by every name that they have had, each with the first.
    renamed: BTreeMap<String, String>,
    /// Views, each with what it selects.
    views: BTreeMap<String, String>,
}

impl Names {
    /// Of statements in their order.
    pub(super) fn of<'a>(statements: impl Iterator<Item = &'a Statement>) -> Self {
        let mut names = Self::default();
        for statement in statements {
            match statement {
                Statement::CreateTable(create) => {
                    names.new.insert(last(&create.name));
                }
                Statement::CreateView(create) => {
                    names.views.insert(last(&create.name), create.query.to_string());
                }
                Statement::AlterTable(alter) => {
                    for operation in &alter.operations {
                        let AlterTableOperation::RenameTable { table_name } = operation else { continue };
                        let (RenameTableNameKind::As(name) | RenameTableNameKind::To(name)) = table_name;
                        names.rename(last(&alter.name), last(name));
                    }
                }
                _ => {}
            }
        }
        names
    }

    fn rename(&mut self, old: String, new: String) {
        if self.new.contains(&old) {
            self.new.insert(new);
        } else {
            let first = self.renamed.get(&old).unwrap_or(&old).clone();
            self.renamed.insert(new, first.clone());
            self.renamed.insert(old, first);
        }
    }

    /// Whether the table is made here, so that nobody uses it yet.
    pub(super) fn makes(&self, table: &str) -> bool {
        self.new.contains(table)
    }

    /// Whether the release before finds the table, or the column of it, by the name that it knows: in a view.
    pub(super) fn keeps(&self, table: &str, column: Option<&str>) -> bool {
        let view = self.renamed.get(table).and_then(|old| self.views.get(old));
        let has =
            |text: &str, word: &str| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|one| one == word);
        view.is_some_and(|selected| column.is_none_or(|column| has(selected, column)))
    }
}
