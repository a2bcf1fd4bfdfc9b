//! What builds the product.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::{Check, Patient};

const GROUP: &str = "toolchain";

/// How long a program may take to tell its version.
const LIMIT: Duration = Duration::from_secs(10);

/// The oldest Rust that builds the product.
const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

pub(super) async fn checks(patient: &Patient) -> Vec<Check> {
    if patient.clone.is_none() {
        return vec![Check::skipped(
            GROUP,
            "toolchain",
            "this folder is no clone of the product: nothing is built here",
        )];
    }
    let install = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    let compiler =
        if cfg!(target_os = "macos") { "xcode-select --install" } else { "sudo apt-get install gcc, or dnf" };
    let make = if cfg!(target_os = "macos") { "xcode-select --install" } else { "sudo apt-get install make, or dnf" };
    let (rustc, cargo, cc, gnu_make, deny) = tokio::join!(
        version("rustc", &["--version"]),
        version("cargo", &["--version"]),
        version("cc", &["--version"]),
        version("make", &["--version"]),
        version("cargo-deny", &["--version"]),
    );
    vec![
        rust("rustc", rustc, install),
        rust("cargo", cargo, install),
        needed("C compiler", cc, compiler),
        needed("make", gnu_make, make),
        match deny {
            Ok(found) => Check::good(GROUP, "cargo-deny", found),
            Err(_) => Check::remark(GROUP, "cargo-deny", "not found: `make lint` leaves licences and bans unchecked")
                .mend("cargo install --locked cargo-deny"),
        },
    ]
}

/// The first line that a program says with these arguments, or why it says none.
pub(super) async fn version(program: &str, arguments: &[&str]) -> Result<String, String> {
    let path = find(program).ok_or("not found on PATH")?;
    let mut command = tokio::process::Command::new(&path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let ran = tokio::time::timeout(LIMIT, command.output()).await;
    let ran = ran.map_err(|_| format!("{} says nothing within {LIMIT:?}", path.display()))?;
    let output = ran.map_err(|error| format!("{}: {error}", path.display()))?;
    let first = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().trim().to_owned();
    if output.status.success() {
        return Ok(first(&output.stdout));
    }
    Err(format!("{} ends with {}: {}", path.display(), output.status, first(&output.stderr)))
}

/// Where a program is: on PATH, or where rustup puts it, as the Makefile looks for it.
fn find(program: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where programs are is the machine's, not a setting")]
    let (path, home) = (std::env::var_os("PATH").unwrap_or_default(), std::env::var_os("HOME"));
    let rustup = home.map(|home| PathBuf::from(home).join(".cargo/bin"));
    let folders = std::env::split_paths(&path).chain(rustup);
    let is_program = |file: &PathBuf| rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file();
    folders.map(|folder| folder.join(program)).find(is_program)
}

fn rust(name: &str, found: Result<String, String>, install: &str) -> Check {
    match found {
        Ok(text) if is_new_enough(&text) => {
            Check::good(GROUP, name, format!("{text}; {RUST_VERSION} or newer is needed"))
        }
        Ok(text) => {
            Check::bad(GROUP, name, format!("{text} is older than {RUST_VERSION}")).mend("rustup update stable")
        }
        Err(why) => Check::bad(GROUP, name, why).mend(install),
    }
}

fn needed(name: &str, found: Result<String, String>, install: &str) -> Check {
    match found {
        Ok(text) => Check::good(GROUP, name, text),
        Err(why) => Check::bad(GROUP, name, why).mend(install),
    }
}

/// Reads `rustc 1.95.0 (59807616e 2026-04-14)`.
fn is_new_enough(text: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    let version = text.split_whitespace().nth(1).unwrap_or_default();
    numbers(version.split('-').next().unwrap_or_default()) >= numbers(RUST_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("rustc 1.100.0 (x 2027-01-01)"));
        assert!(is_new_enough("cargo 2.0.0-nightly (x)"));
        for old in ["rustc 1.9.0", "rustc 1.93.1 (x)", "rustc", "", "clang version 17"] {
            assert!(!is_new_enough(old), "{old}");
        }
    }
}
