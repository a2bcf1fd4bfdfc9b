//! `catalog`: films, cinemas, the places that they are in as a service of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&catalog::SERVICE)
}
