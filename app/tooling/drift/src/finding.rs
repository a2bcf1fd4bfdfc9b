//! What a check finds.

use std::fmt;

/// Two parts of the tree that do not say the same, and how they do again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// How much it matters.
    pub weight: Weight,
    /// The file, relative to the root of the clone.
    pub path: String,
    /// The line in it, from 1; `None` for the whole file.
    pub line: Option<usize>,
    /// What differs.
    pub finding: String,
    /// How to mend it.
    pub mend: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It has to be mended.
    Drift,
    /// Somebody should know.
    Note,
}

/// Declares [`Check`] with the name of each check and what it compares.
macro_rules! checks {
    ($($check:ident = $name:literal: $about:literal;)*) => {
        /// The checks, in the order of the report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = $about] $check,)*
        }

        impl Check {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// Its name on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$check => $name,)*
                }
            }

            /// What it compares.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$check => $about,)*
                }
            }
        }
    };
}

checks! {
    Routes = "routes": "the tables of routes in the sources with the operations that are described";
    Openapi = "openapi": "the API with its committed copy: what would break a client";
    Schema = "schema": "the database with its migrations, replayed";
    Statements = "statements": "every SQL statement with the replayed schema, which prepares it";
    Columns = "columns": "every struct of a row with the statements that fill it: names, types, nulls";
    Settings = "settings": "every key that is named in documents and manifests with the keys of the programs";
    Policy = "policy": "the policy in the sources with the page that shows it";
    Commands = "commands": "commands, targets, requests and paths in documents with what is there";
    Derived = "derived": "the files that are made from the code with what it would make now";
    Files = "files": "the files of each domain with those of the others";
    Migrations = "migrations": "new migrations with what the previous release and a busy database bear";
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Finding {
    /// A finding that has to be mended.
    pub(crate) fn drift(
        check: Check,
        (path, line): (&str, Option<usize>),
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (path, finding, mend) = (path.to_owned(), finding.into(), mend.into());
        Self { check, weight: Weight::Drift, path, line, finding, mend }
    }

    /// The same as something to know.
    pub(crate) fn into_note(mut self) -> Self {
        self.weight = Weight::Note;
        self
    }
}
