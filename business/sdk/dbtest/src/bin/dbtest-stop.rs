//! Stops the PostgreSQL that tests left running.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command says what it did")]

use std::process::ExitCode;

use pgcluster::Left;

fn main() -> ExitCode {
    match pgcluster::stop_if_unused(&dbtest::options()) {
        Ok(Left::Stopped) => println!("the PostgreSQL of the tests is stopped"),
        Ok(Left::Running) => println!("the PostgreSQL of the tests is in use, and goes on"),
        Err(error) => {
            eprintln!("cannot stop the PostgreSQL of the tests: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
