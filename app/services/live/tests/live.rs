//! The program itself; how it works beside the platform is tested there.

use std::process::Command;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_live"));
    command.env_clear();
    command
}

#[test]
fn it_tells_its_name_and_version() {
    let output = program().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("live {}\n", live::SERVICE.version));
}

#[test]
fn settings_with_faults_end_it_with_64_and_all_the_faults() {
    let faulty = [("MARQUEE__WEB__DRAIN", "soon"), ("MARQUEE__AUTH__ACCESS_TTL", "long")];
    let output = program().envs(faulty).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("web.drain") && told.contains("auth.access_ttl"), "{told}");
}
