//! A broken rule: where, and what.

use std::fmt;

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A selector finds pods, and a controller finds its own.
    Selector,
    /// A port that is named or numbered is one that somebody has.
    Port,
    /// A ConfigMap, a Secret, a key of it, an account, a target: what is referred to is there, and has to be.
    Reference,
    /// Variables and files of settings are what the program knows, wants, and takes.
    Settings,
    /// preStop, drain and shutdown fit into the grace.
    Grace,
    /// What scales, what may be away and what is rolled out agree.
    Scale,
    /// All pools together fit into PostgreSQL.
    Connections,
    /// Pods keep the profile "restricted", and a little more.
    Restricted,
    /// Flows are closed but for those with a name.
    Flow,
    /// An image is named so that it stays the same.
    Image,
    /// A path is routed to the service that serves it.
    Route,
    /// No secret lies in the tree.
    Secret,
    /// Every file is part of something.
    Reach,
    /// What was rendered is what the sources say.
    Golden,
    /// What compose starts waits for what it needs.
    Order,
}

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The overlay with the object, or the file.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl Finding {
    pub(crate) fn new(rule: Rule, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { rule, place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:?})", self.place, self.what, self.rule)
    }
}
