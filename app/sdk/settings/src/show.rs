//! Every key with its value and its source, for a person or a script.

use std::fmt::Write as _;

use crate::{Loaded, layer::Source, reference};

/// One key as it may be shown: a secret is masked.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The name, as `web.api_host`.
    pub key: String,
    /// The value, quoted as TOML does.
    pub value: String,
    /// Who set it.
    pub source: Source,
}

impl Loaded {
    /// Every key, in the order of `config.default.toml`.
    #[must_use]
    pub fn show(&self) -> Vec<Shown> {
        reference::keys()
            .into_iter()
            .filter_map(|key| {
                let entry = self.values.get(&key.name)?;
                Some(Shown { value: entry.shown(key.secret), source: entry.source.clone(), key: key.name })
            })
            .collect()
    }

    /// [`show`](Self::show) as a table.
    #[must_use]
    pub fn table(&self) -> String {
        let rows = self.show();
        let width = |of: fn(&Shown) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default();
        let (keys, values) = (width(|row| &row.key), width(|row| &row.value));
        let mut table = String::new();
        for row in &rows {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{:keys$}  {:values$}  {}", row.key, row.value, row.source);
        }
        table
    }

    /// [`show`](Self::show) as a list of `{key, value, source}`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        self.show()
            .into_iter()
            .map(|row| serde_json::json!({ "key": row.key, "value": row.value, "source": row.source.to_string() }))
            .collect()
    }
}
