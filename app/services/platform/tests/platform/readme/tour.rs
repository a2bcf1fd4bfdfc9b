//! The commands of the tour, in one shell, one after the other.

use std::net::SocketAddr;
use std::process::Command;

/// Where the tour thinks that the service is.
const WRITTEN: &str = "localhost:3000";

/// Between the outputs of two commands.
const BORDER: &str = "======== next stop ========";

/// Runs the commands against the service at `address`, and gives the output of each.
pub(crate) fn run(commands: &[&str], address: SocketAddr) -> Vec<String> {
    let border = format!("\nprintf '\\n{BORDER}\\n'\n");
    let script = commands.join(&border).replace(WRITTEN, &address.to_string());
    let output = Command::new("bash").args(["-u", "-o", "pipefail", "-c", &script]).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "the tour failed: {errors}");
    let text = String::from_utf8(output.stdout).unwrap().replace(&address.to_string(), WRITTEN);
    let outputs: Vec<String> = text.split(BORDER).map(|output| output.trim().to_owned()).collect();
    assert_eq!(outputs.len(), commands.len());
    outputs
}
