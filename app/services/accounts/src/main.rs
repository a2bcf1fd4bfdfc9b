//! `accounts`: users, sessions, tokens, keys, audits as a service of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&accounts::SERVICE)
}
