//! Settings on the command line.

use std::{fmt, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};

use crate::reference;

/// What the command line says about settings.
///
/// A program of one purpose adds [`arguments`] to its command, so that `--help` lists every key as a flag of
/// its own; one with subcommands flattens `Flags` (`#[command(flatten)]`), which are `--config` and `--set` alone.
#[derive(Clone, Default)]
pub struct Flags {
    /// The file named by `--config`.
    pub config: Option<PathBuf>,
    /// `KEY=VALUE`, from `--set`.
    pub set: Vec<String>,
    /// Key and value, from `--KEY VALUE`.
    pub keys: Vec<(String, String)>,
}

/// The file only: values may be secret.
impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flags").field("config", &self.config).finish_non_exhaustive()
    }
}

/// `--config`, `--set`, and a flag for each key, with its documentation and default.
pub fn arguments() -> impl Iterator<Item = Arg> {
    let keys = reference::sections().into_iter().flat_map(|section| {
        section.keys.into_iter().map(|key| {
            let help = format!("{}\n[default: {}] [variable: {}]", key.doc, key.default, key.variable());
            let arg = Arg::new(key.name.clone()).long(key.name.clone()).value_name("VALUE").help(help);
            // Both spellings: flags are usually written with a dash, keys have an underscore.
            let arg = match key.name.contains('_') {
                true => arg.alias(key.name.replace('_', "-")),
                false => arg,
            };
            arg.help_heading("Settings").hide_possible_values(true).allow_hyphen_values(true)
        })
    });
    [config(), set()].into_iter().chain(keys)
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.config = matches.get_one::<PathBuf>("config").cloned();
        self.set = matches.get_many::<String>("set").into_iter().flatten().cloned().collect();
        self.keys = reference::keys()
            .into_iter()
            .filter_map(|key| {
                let value = matches.try_get_one::<String>(&key.name).ok()??;
                Some((key.name, value.clone()))
            })
            .collect();
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.arg(config().global(true)).arg(set().global(true))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

fn config() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("TOML file of settings")
        .value_parser(clap::value_parser!(PathBuf))
}

fn set() -> Arg {
    Arg::new("set")
        .long("set")
        .value_name("KEY=VALUE")
        .help("Set any key, as --set web.api_host=0.0.0.0:3000; may be repeated")
        .action(ArgAction::Append)
}
