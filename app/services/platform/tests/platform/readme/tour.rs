//! The commands of the tour, in one shell, one after the other.

use std::net::SocketAddr;
use std::process::Command;

/// Where the tour thinks that the service and its debug listener are.
const WRITTEN: [&str; 2] = ["localhost:3000", "localhost:3010"];

/// Between the outputs of two commands.
const BORDER: &str = "======== next stop ========";

/// Runs the commands against a service and its debug listener, and gives the output of each.
pub(crate) fn run(commands: &[&str], addresses: [SocketAddr; 2]) -> Vec<String> {
    let border = format!("\nprintf '\\n{BORDER}\\n'\n");
    let addresses = addresses.map(|address| address.to_string());
    let mut script = commands.join(&border);
    for (written, address) in WRITTEN.iter().zip(&addresses) {
        script = script.replace(written, address);
    }
    let output = Command::new("bash").args(["-u", "-o", "pipefail", "-c", &script]).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "the tour failed: {errors}");
    let mut text = String::from_utf8(output.stdout).unwrap();
    for (written, address) in WRITTEN.iter().zip(&addresses) {
        text = text.replace(address, written);
    }
    let outputs: Vec<String> = text.split(BORDER).map(|output| output.trim().to_owned()).collect();
    assert_eq!(outputs.len(), commands.len());
    outputs
}
