//! A broken rule: where, what, how to mend it.

use std::fmt;

/// The rules, in the order in which violations are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A crate lies in a folder of the tree; its name is the folder's, with the suffix of its layer.
    Tree,
    /// Dependencies between crates of the workspace flow only downward.
    Layers,
    /// Some crates from outside belong to a few crates of the workspace.
    Reserved,
    /// What every manifest says.
    Manifest,
    /// No crate or module is a drawer for whatever is left over.
    Name,
    /// One domain has the same files as every other.
    Shape,
    /// Storage is private, its SQL is visible.
    Storage,
    /// The environment is read in one place.
    Environment,
    /// A file fits one concept.
    Length,
    /// No secret lies in the tree.
    Secret,
    /// Migrations are one gapless sequence.
    Migration,
}

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The edge (`moviebus -> mux`), crate, or file with line, relative to the root.
    pub place: String,
    /// What is wrong there.
    pub finding: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, place, finding, mend } = self;
        write!(f, "{place}: {finding}\n  rule: {rule}\n  mend: {mend}")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tree => "the tree has a folder for each kind of crate",
            Self::Layers => "dependencies flow only downward: app, business, foundation",
            Self::Reserved => "some crates from outside belong to a few crates of the workspace",
            Self::Manifest => "every manifest says what the crate is for, inherits lints, inherits versions",
            Self::Name => "no crate or module is a drawer for whatever is left over",
            Self::Shape => "every domain has the same files",
            Self::Storage => "storage is private, its SQL is visible",
            Self::Environment => "the environment is read in app/sdk/settings",
            Self::Length => "a file fits one concept",
            Self::Secret => "no secret lies in the tree",
            Self::Migration => "migrations are one gapless sequence, forward only",
        })
    }
}
