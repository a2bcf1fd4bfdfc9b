//! Prints every broken rule of the workspace; the exit code tells whether there was one.

use std::error::Error as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match arch::check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))) {
        Ok(violations) => {
            for violation in &violations {
                writeln!(out, "{violation}\n")?;
            }
            writeln!(out, "architecture: {} broken rules", violations.len())?;
            Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(error) => {
            writeln!(out, "architecture: {error}")?;
            let mut cause = error.source();
            while let Some(error) = cause {
                writeln!(out, "  because {error}")?;
                cause = error.source();
            }
            Ok(ExitCode::from(2))
        }
    }
}
