//! `live`: the live feed as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&live::SERVICE)
}
