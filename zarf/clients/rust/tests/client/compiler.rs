//! The compiler refuses what the API would refuse.

use std::process::Command;

use serde_json::Value;

const PLANTED: &str = "tests/planted/misuse.rs";

#[test]
fn each_misuse_is_an_error_of_the_compiler_and_nothing_else_is() {
    let text = std::fs::read_to_string(PLANTED).unwrap();
    let marked: Vec<(u64, String)> = (1..)
        .zip(text.lines())
        .filter_map(|(number, line)| Some((number, line.split_once("//~ ")?.1.to_owned())))
        .collect();
    assert!(marked.len() > 10);
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--offline", "--quiet", "--message-format=json"])
        .args(["--no-default-features", "--features", "misuse", "--test", "misuse"])
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<(u64, String)> = messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|line| {
            let message = &line["message"];
            let code = message["code"]["code"].as_str().filter(|_| message["level"] == "error")?;
            let place = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
            assert_eq!(place["file_name"], PLANTED, "{message}");
            Some((place["line_start"].as_u64()?, code.to_owned()))
        })
        .collect();
    found.sort();
    assert_eq!(found, marked, "{}", String::from_utf8_lossy(&output.stderr));
}
