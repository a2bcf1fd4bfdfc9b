//! The flags of `admin check`.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;

use super::load::duration;

/// The examples, and what is compared.
pub(crate) const HELP: &str = "\
Checks:
  routes      the tables of routes in the sources with the operations that are described
  openapi     the API with its committed copy (zarf/openapi/platform.json): what would break a client
  schema      the database with its migrations, replayed
  statements  every SQL statement with the replayed schema, which prepares it
  columns     every struct of a row with the statements that fill it: names, types, nulls
  settings    every key that is named in documents and manifests with the keys of the programs
  policy      the policy in the sources with the page that shows it
  commands    commands, targets, requests and paths in documents with what is there
  derived     the files that are made from the code with what it would make now
  files       the files of each domain with those of the others
  migrations  new migrations with what the previous release and a busy database bear

New are the migrations that the last release does not have: the last tag, or, without tags, the commit at which this
branch left the main one. They are also run over filled tables, and the locks that they hold are measured.

Examples:
  admin check
  admin check --only statements --only columns
  admin check --accept   # the API as it is now becomes the copy that is compared with; what is made from it is made anew
  admin check --only migrations --since v1.4.0 --rows 500000 --lock-limit 500ms";

/// See `Command::Check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Make only this check; may be repeated
    #[arg(long, value_name = "NAME", value_parser = name())]
    pub(crate) only: Vec<drift::Check>,
    /// Write the committed copy of the API and what is made from the code anew, whatever differs
    #[arg(long)]
    pub(crate) accept: bool,
    /// Judge the migrations that this revision does not have
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,
    /// Rows in each table that a new migration names, when it is tried out; 0 tries none
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub(crate) rows: u32,
    /// How long a new migration may hold others up
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub(crate) lock_limit: Duration,
}

fn name() -> impl clap::builder::TypedValueParser<Value = drift::Check> {
    let names = PossibleValuesParser::new(drift::Check::ALL.iter().map(|check| check.as_str()));
    names.map(|name| {
        // The names are those of the checks.
        drift::Check::ALL.iter().copied().find(|check| check.as_str() == name).unwrap_or(drift::Check::Routes)
    })
}
