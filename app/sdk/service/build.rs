//! What `/buildinfo` tells of the build.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by its environment")]

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    println!("cargo::rustc-env=MARQUEE_RUSTC={}", version.trim());
    println!("cargo::rustc-env=MARQUEE_PROFILE={}", env::var("PROFILE").unwrap_or_default());
}
