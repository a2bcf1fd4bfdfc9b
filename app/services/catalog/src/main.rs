//! `catalog`: films, cinemas, places, media as a service of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&catalog::SERVICE)
}
