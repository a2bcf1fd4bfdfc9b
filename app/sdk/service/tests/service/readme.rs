//! The README tells how faults are found: its commands are run, and find them.

use std::path::Path;
use std::process::Command;

use crate::process::Process;

const MARK: &str = "<!-- faults -->\n```sh\n";

/// The commands for the program with faults, each with the output that is shown.
fn stops(readme: &str) -> Vec<(&str, &str)> {
    let marked = readme.split(MARK).skip(1).map(|rest| {
        let (command, rest) = rest.split_once("\n```\n").unwrap();
        let shown = rest.trim_start().strip_prefix("```text\n").unwrap_or_default();
        (command, shown.split_once("\n```").map_or("", |(shown, _)| shown))
    });
    marked.collect()
}

/// What an output names: functions and routes. Figures differ.
fn names(output: &str) -> Vec<&str> {
    let words = output.split(|c: char| c.is_whitespace() || "\",{}".contains(c));
    words.filter(|word| word.starts_with("faults::") || word.starts_with("/v1/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faults_are_found_as_the_readme_says() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let process = Process::start("faults", &[]);
    let (mut found, address) = (Vec::new(), |url: &str| url.trim_start_matches("http://").to_owned());
    for (command, shown) in stops(&readme) {
        if command.contains("/heap") && profiling::ALLOCATOR == "system" {
            continue;
        }
        let script = command
            .replace("localhost:3001", &address(&process.url))
            .replace("localhost:3011", &address(&process.debug));
        let mut shell = Command::new("bash");
        shell.args(["-eu", "-o", "pipefail", "-c", &script]);
        let output = tokio::task::block_in_place(|| shell.output()).unwrap();
        let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success() && errors.is_empty(), "{command}\n{text}\n{errors}");
        let now = names(&text);
        for name in names(shown) {
            assert!(now.contains(&name), "{name} is not in what this says now:\n{command}\n{text}");
            found.push(name.to_owned());
        }
    }
    let mut planted = vec!["faults::compare_all_with_all", "/v1/slow", "/v1/block"];
    if profiling::ALLOCATOR == "jemalloc" {
        planted.push("faults::keep_for_ever");
    }
    for name in planted {
        assert!(found.iter().any(|known| known.contains(name)), "the README does not show {name}");
    }
}
