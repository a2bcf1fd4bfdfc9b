//! The layers settings come from, and which of them wins.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use config::{FileFormat, Source as _, ValueKind};

use crate::{
    command::Flags,
    errors::Fault,
    mask,
    reference::{self, DEFAULTS},
    schema,
    value::Raw,
};

const PREFIX: &str = "MARQUEE__";

/// Who set a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// Nobody: the embedded default.
    Default,
    /// A file, with the line where it is known, counted from 1.
    File(PathBuf, Option<usize>),
    /// A variable in the `.env` file.
    DotEnv(String),
    /// An environment variable.
    Environment(String),
    /// A flag, as it was given.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::DotEnv(variable) => write!(f, ".env {variable}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// What settings are read from.
#[derive(Clone, Default)]
pub struct Sources {
    /// What the command line says.
    pub flags: Flags,
    /// Environment variables; those without the prefix `MARQUEE__` are passed over.
    pub environment: Vec<(OsString, OsString)>,
    /// The `.env` file, read in development when it is there.
    pub dotenv: Option<PathBuf>,
}

impl Sources {
    /// The sources of this process: its environment, `.env` in the working directory, and `flags`.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read here, and nowhere else")]
    pub fn of_process(flags: Flags) -> Self {
        Self { flags, environment: std::env::vars_os().collect(), dotenv: Some(".env".into()) }
    }
}

/// Names only: values may be secret.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("flags", &self.flags).field("dotenv", &self.dotenv).finish_non_exhaustive()
    }
}

/// What a layer says about one key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) raw: Raw,
    pub(crate) source: Source,
}

/// The winning entry of every key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(BTreeMap<String, Entry>);

impl Values {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    /// Whether anybody set the key.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some_and(|entry| entry.source != Source::Default)
    }

    /// These values, with the defaults of `keys`.
    pub(crate) fn without<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Self {
        let mut values = self.clone();
        let defaults = defaults();
        for key in keys {
            if let (Some(slot), Some(default)) = (values.0.get_mut(key), defaults.get(key)) {
                *slot = default.clone();
            }
        }
        values
    }

    fn overlay(&mut self, layer: Vec<(String, Entry)>, faults: &mut Vec<Fault>) {
        for (key, entry) in layer {
            match self.0.get_mut(&key) {
                Some(slot) => *slot = entry,
                None => faults.push(unknown(&key, entry.source)),
            }
        }
    }
}

/// Reads the layers, weakest first.
pub(crate) fn merge(sources: &Sources, faults: &mut Vec<Fault>) -> Values {
    let mut values = defaults();
    if let Some(path) = &sources.flags.config {
        values.overlay(file(path, faults), faults);
    }
    let environment = environment(&sources.environment, &Source::Environment, faults);
    let flags = flags(&sources.flags, faults);

    // Whether `.env` is read depends on `env`, which the layers above `.env` may set.
    let mut without = values.clone();
    without.overlay(environment.clone(), &mut Vec::new());
    without.overlay(flags.clone(), &mut Vec::new());
    let production = without.get("env").is_some_and(|entry| entry.raw == Raw::Text("production".to_owned()));
    if let Some(path) = sources.dotenv.as_deref().filter(|_| !production) {
        values.overlay(dotenv(path, faults), faults);
    }

    values.overlay(environment, faults);
    values.overlay(flags, faults);
    values
}

fn defaults() -> Values {
    let table = config::File::from_str(DEFAULTS, FileFormat::Toml).collect().unwrap_or_default();
    let mut leaves = Vec::new();
    flatten("", table, &mut leaves);
    Values(leaves.into_iter().map(|(key, raw)| (key, Entry { raw, source: Source::Default })).collect())
}

fn file(path: &Path, faults: &mut Vec<Fault>) -> Vec<(String, Entry)> {
    let fault = |line, expected| Fault {
        key: path.display().to_string(),
        value: None,
        source: Source::File(path.to_owned(), line),
        expected,
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            faults.push(fault(None, format!("cannot be read: {error}")));
            return Vec::new();
        }
    };
    // Parsed here for the lines, which `config` does not keep. Its message quotes no text of the file.
    let document = match toml::de::DeTable::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map(|span| line_at(&text, span.start));
            faults.push(fault(line, format!("not TOML: {}", error.message())));
            return Vec::new();
        }
    };
    let table = match config::File::from_str(&text, FileFormat::Toml).collect() {
        Ok(table) => table,
        Err(_) => {
            faults.push(fault(None, "expected a TOML document of settings".to_owned()));
            return Vec::new();
        }
    };
    let mut leaves = Vec::new();
    flatten("", table, &mut leaves);
    leaves
        .into_iter()
        .map(|(key, raw)| {
            let line = offset(document.get_ref(), &key).map(|start| line_at(&text, start));
            (key, Entry { raw, source: Source::File(path.to_owned(), line) })
        })
        .collect()
}

/// Where a key stands in the document.
fn offset(table: &toml::de::DeTable<'_>, key: &str) -> Option<usize> {
    let (head, rest) = key.split_once('.').map_or((key, None), |(head, rest)| (head, Some(rest)));
    let (name, value) = table.iter().find(|(name, _)| name.get_ref() == head)?;
    match rest {
        None => Some(name.span().start),
        Some(rest) => offset(value.get_ref().as_table()?, rest),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn dotenv(path: &Path, faults: &mut Vec<Fault>) -> Vec<(String, Entry)> {
    // A fault says nothing of the line's text: it may be the end of a secret.
    let fault = |expected: String| Fault {
        key: path.display().to_string(),
        value: None,
        source: Source::File(path.to_owned(), None),
        expected,
    };
    let variables = match dotenvy::from_path_iter(path) {
        Ok(variables) => variables,
        Err(error) if error.not_found() => return Vec::new(),
        Err(_) => {
            faults.push(fault("cannot be read".to_owned()));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for variable in variables {
        match variable {
            Ok((name, value)) => read.push((name.into(), value.into())),
            Err(_) => faults.push(fault("a line is not NAME=value".to_owned())),
        }
    }
    let mut layer = environment(&read, &Source::DotEnv, faults);
    layer.retain(|(key, entry)| {
        // Else a file that production does not read would decide that this is production.
        let decides = key == "env" && entry.raw == Raw::Text("production".to_owned());
        if decides {
            let expected = "set in the environment or by a flag: .env is for development".to_owned();
            faults.push(Fault { key: key.clone(), value: None, source: entry.source.clone(), expected });
        }
        !decides
    });
    layer
}

fn environment(
    variables: &[(OsString, OsString)],
    source: &dyn Fn(String) -> Source,
    faults: &mut Vec<Fault>,
) -> Vec<(String, Entry)> {
    let mut readable = config::Map::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        match value.to_str() {
            Some(value) => {
                readable.insert(name.to_owned(), value.to_owned());
            }
            None => faults.push(Fault {
                key: name.to_owned(),
                value: None,
                source: source(name.to_owned()),
                expected: "expected UTF-8".to_owned(),
            }),
        }
    }
    // `try_parsing` stays off: it would turn the secret 0012345 into 12345.
    let environment = config::Environment::with_prefix("MARQUEE")
        .prefix_separator("__")
        .separator("__")
        .source(Some(readable))
        .collect()
        .unwrap_or_default();
    let mut layer: Vec<_> = environment
        .into_iter()
        .map(|(key, value)| {
            let source = source(reference::variable(&key));
            (key, Entry { raw: raw(value.kind), source })
        })
        .collect();
    layer.sort_by(|(a, _), (b, _)| a.cmp(b));
    layer
}

fn flags(flags: &Flags, faults: &mut Vec<Fault>) -> Vec<(String, Entry)> {
    let mut layer = Vec::new();
    for assignment in &flags.set {
        let Some((key, value)) = assignment.split_once('=') else {
            faults.push(Fault {
                // Without a `=` the whole may be a value that was meant to be secret.
                key: "--set".to_owned(),
                value: None,
                source: Source::Flag("--set".to_owned()),
                expected: "expected KEY=VALUE".to_owned(),
            });
            continue;
        };
        let source = Source::Flag(format!("--set {key}"));
        layer.push((key.to_owned(), Entry { raw: Raw::Text(value.to_owned()), source }));
    }
    for (key, value) in &flags.keys {
        let source = Source::Flag(format!("--{key}"));
        layer.push((key.clone(), Entry { raw: Raw::Text(value.clone()), source }));
    }
    layer
}

/// Turns nested tables into dotted keys.
fn flatten(group: &str, table: config::Map<String, config::Value>, into: &mut Vec<(String, Raw)>) {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, value) in entries {
        let key = if group.is_empty() { name } else { format!("{group}.{name}") };
        match value.kind {
            ValueKind::Table(table) => flatten(&key, table, into),
            kind => into.push((key, raw(kind))),
        }
    }
}

fn raw(kind: ValueKind) -> Raw {
    match kind {
        ValueKind::Array(items) => items
            .into_iter()
            .map(|item| match raw(item.kind) {
                Raw::Text(text) => Some(text),
                Raw::List(_) | Raw::Other => None,
            })
            .collect::<Option<_>>()
            .map_or(Raw::Other, Raw::List),
        ValueKind::String(text) => Raw::Text(text),
        ValueKind::Boolean(value) => Raw::Text(value.to_string()),
        ValueKind::I64(number) => Raw::Text(number.to_string()),
        ValueKind::I128(number) => Raw::Text(number.to_string()),
        ValueKind::U64(number) => Raw::Text(number.to_string()),
        ValueKind::U128(number) => Raw::Text(number.to_string()),
        ValueKind::Float(number) => Raw::Text(number.to_string()),
        ValueKind::Nil | ValueKind::Table(_) => Raw::Other,
    }
}

/// The value stays unsaid: it may be that of a secret whose name is misspelt.
fn unknown(key: &str, source: Source) -> Fault {
    let names: Vec<_> = schema::declared().into_iter().map(|declared| declared.name).collect();
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&key.to_lowercase().replace('-', "_"), name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance);
    let group = format!("{key}.");
    let expected = if names.iter().any(|name| name.starts_with(&group)) {
        "a group of keys, not a key".to_owned()
    } else if let Some((_, near)) = near {
        format!("unknown key, did you mean {near}?")
    } else {
        "unknown key; --help lists every key".to_owned()
    };
    Fault { key: key.to_owned(), value: None, source, expected }
}

impl Entry {
    /// The value for a person to read.
    pub(crate) fn shown(&self, secret: bool) -> String {
        mask::shown(&self.raw, secret)
    }
}
