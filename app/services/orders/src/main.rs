//! `orders`: what is ordered as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&orders::SERVICE)
}
