//! Prints every broken rule of the manifests; the exit code tells whether there was one. `--seal` prints the digest of what kustomize
//! reads and made instead, which `zarf/k8s/render.sh` writes down.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut out = io::stdout().lock();
    if std::env::args().nth(1).as_deref() == Some("--seal") {
        return match manifests::seal(root) {
            Ok(seal) => writeln!(out, "{seal}").map(|()| ExitCode::SUCCESS),
            Err(error) => failed(&error),
        };
    }
    match manifests::check(root) {
        Ok(findings) => {
            for finding in &findings {
                writeln!(out, "{finding}")?;
            }
            writeln!(out, "manifests: {} broken rules", findings.len())?;
            Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &manifests::Error) -> io::Result<ExitCode> {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    writeln!(io::stderr(), "manifests: {error}{cause}")?;
    Ok(ExitCode::from(2))
}
