//! Settings as the programs load them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod command_line;
mod documentation;
mod faults;
mod masking;
mod precedence;

use std::path::PathBuf;

use settings::{Errors, Flags, Loaded, Sources};

/// Builds the sources of one test: nothing is read from the process.
#[derive(Default)]
struct Given {
    sources: Sources,
}

impl Given {
    fn variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.sources.environment.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.flags.config = Some(path.into());
        self
    }

    fn dotenv(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.dotenv = Some(path.into());
        self
    }

    fn arguments(mut self, arguments: &[&str]) -> Self {
        let command = clap::Command::new("program").args(settings::arguments());
        let matches = command.try_get_matches_from(std::iter::once("program").chain(arguments.iter().copied()));
        self.sources.flags = <Flags as clap::FromArgMatches>::from_arg_matches(&matches.unwrap()).unwrap();
        self
    }

    fn load(&self) -> Result<Loaded, Errors> {
        settings::load(&self.sources)
    }

    #[track_caller]
    fn loaded(&self) -> Loaded {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[track_caller]
    fn refused(&self) -> Errors {
        self.load().expect_err("these settings are wrong")
    }
}
