//! The limit: the same statements from PostgreSQL's own load generator, with nothing between it and the server.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::fixture::Fixture;

/// Transactions a second of `script` over `clients` connections for `seconds`, prepared statements.
///
/// # Errors
/// pgbench fails, or its report is not the one that is known.
pub fn run(fixture: &Fixture, database: &str, script: &str, clients: u64, seconds: u64) -> Result<f64> {
    let file = fixture.folder().join("pgbench.sql");
    std::fs::write(&file, script)?;
    let (program, connection) = fixture.pgbench(database)?;
    let output = Command::new(&program)
        .args(["--no-vacuum", "--protocol=prepared", "--client", &clients.to_string(), "--jobs=1"])
        .args(["--time", &seconds.to_string(), "--file"])
        .arg(&file)
        .args(connection)
        .output()
        .with_context(|| format!("running {}", program.display()))?;
    let report = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    report
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|line| line.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .context("the report of pgbench has no tps")
}

/// Whether the program is there.
pub fn exists(fixture: &Fixture, database: &str) -> bool {
    let program = fixture.pgbench(database).map(|(program, _)| program);
    program.is_ok_and(|program: std::path::PathBuf| {
        let program: &Path = &program;
        Command::new(program).arg("--version").output().is_ok()
    })
}
