//! What holds for every command.

use std::process::Command;

use crate::run::{admin, run, run_with};

/// Every command, by the words that lead to it.
fn commands() -> Vec<Vec<String>> {
    fn below(path: &[String], found: &mut Vec<Vec<String>>) {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--help");
        let help = run(admin(&words)).ended(0).out;
        let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
        let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
        let names: Vec<_> = names.filter(|name| *name != "help").map(str::to_owned).collect();
        if names.is_empty() {
            found.push(path.to_vec());
        }
        for name in names {
            below(&[path, &[name]].concat(), found);
        }
    }
    let mut found = Vec::new();
    below(&[], &mut found);
    found
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands = commands();
    assert!(commands.len() >= 24, "{commands:?}");
    for command in commands {
        let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
        words.push("--help");
        let help = run(admin(&words)).ended(0).out;
        assert!(help.contains("Example"), "admin {} --help shows no example", command.join(" "));
    }
}

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    insta::assert_snapshot!(run(admin(&["--help"])).ended(0).out);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for arguments in
        [&["no-such-command"][..], &[], &["token"], &["migrate"], &["import", "movies"], &["--quiet", "-v", "version"]]
    {
        let ran = run(admin(arguments)).ended(2);
        assert_eq!(ran.out, "", "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_database_that_is_away_exits_with_69_and_says_what_to_do() {
    let ran = run(admin(&["migrate", "status"])).ended(69);
    insta::assert_snapshot!(ran.err);
    let error: serde_json::Value =
        serde_json::from_str(&run(admin(&["migrate", "up", "--json"])).ended(69).err).unwrap();
    assert_eq!(error["exit"], 69);
    assert!(error["mend"].as_str().unwrap().contains("admin db url"));
}

#[test]
fn wrong_settings_exit_with_64_all_at_once() {
    let arguments = ["config", "show", "--set", "web.drain=soon", "--set", "db.max_connection=1", "--set", "env"];
    let ran = run(admin(&arguments)).ended(64);
    for key in ["web.drain", "db.max_connection ", "--set"] {
        assert!(ran.err.contains(key), "{}", ran.err);
    }
}

#[test]
fn version_names_the_schema_that_this_build_brings() {
    let ran = run(admin(&["version", "--json"])).ended(0);
    assert_eq!(ran.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ran.json()["schema"].as_str().unwrap(), migrate::fingerprint());
    assert!(run(admin(&["--version"])).ended(0).out.starts_with("admin "));
}

#[test]
fn completions_are_scripts_that_their_shell_reads() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(admin(&["completions", shell])).ended(0).out;
        assert!(script.contains("admin") && script.contains("migrate"), "{shell}");
        if Command::new(shell).args(["-c", "true"]).output().is_ok_and(|tried| tried.status.success()) {
            let mut parse = Command::new(shell);
            parse.args(["-n", "/dev/stdin"]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
            let parsed = run_with(parse, &script);
            assert_eq!((parsed.code, parsed.err.as_str()), (0, ""), "{shell}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let program = env!("CARGO_BIN_EXE_admin");
    let script = format!("set -o pipefail; '{program}' completions bash | head -1");
    assert!(Command::new("bash").args(["-c", &script]).status().unwrap().success());
}
