//! `platform`: every service of the product in one process.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Command, FromArgMatches};

fn main() -> ExitCode {
    let command = Command::new("platform")
        .version(platform::VERSION)
        .about("Every service of Marquee in one process")
        .after_help("Exit codes: 0 stopped as told, 1 failed or stopped at once, 64 a setting is wrong.")
        .args(settings::arguments());
    let flags = match command.try_get_matches().and_then(|matches| settings::Flags::from_arg_matches(&matches)) {
        Ok(flags) => flags,
        Err(error) => {
            let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nobody is left to tell when this fails.
            let _ = error.print();
            return if is_asked_for { ExitCode::SUCCESS } else { ExitCode::from(settings::EXIT_CODE) };
        }
    };
    let loaded = settings::load(&settings::Sources::of_process(flags));
    service::run("platform", platform::VERSION, loaded, platform::build)
}
