//! `platform`: every service of the product in one process.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&platform::SERVICE)
}
