//! `accounts`: users, sessions, tokens, keys as a service of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&accounts::SERVICE)
}
