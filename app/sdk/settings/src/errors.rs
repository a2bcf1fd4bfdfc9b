//! What is wrong with the settings, all of it.

use std::fmt;

use crate::layer::Source;

/// One thing that is wrong. Nothing in it is secret.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The key, as `web.api_host`; for a file that cannot be read, its path.
    pub key: String,
    /// What was said, masked where it is secret.
    pub value: Option<String>,
    /// Who said it.
    pub source: Source,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        write!(f, " ({}): {}", self.source, self.expected)
    }
}

/// Everything that is wrong with the settings.
#[derive(Debug)]
pub struct Errors(Vec<Fault>);

impl Errors {
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.key.cmp(&b.key));
        Self(faults)
    }

    /// Each fault, ordered by key.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl std::error::Error for Errors {}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "1 setting is wrong")?,
            count => write!(f, "{count} settings are wrong")?,
        }
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}
