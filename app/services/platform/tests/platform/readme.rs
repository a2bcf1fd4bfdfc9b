//! The README tells what happens: its commands are run, its outputs are those of the program.
//!
//! `cargo test -p platform --test platform -- --ignored the_readme_is_rewritten` puts the outputs of now into it.

mod blocks;
mod redact;
mod tour;
mod tutorial;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::ClusterFolder;
use crate::process::Setup;
use blocks::{Block, Readme};
use tour::{Ground, Told};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The outputs of the tour, from services behind a gateway on a fresh database.
async fn run_split(readme: &Readme) -> Vec<String> {
    let (database, keys) = (dbtest::empty().await, crate::folder::keys());
    let settings = [
        ("env", "development".to_owned()),
        ("db.url", database.url().to_owned()),
        ("auth.keys_dir", keys.path().display().to_string()),
        ("limits.enabled", "true".to_owned()),
    ];
    let split = apitest::Split::all(1, &settings).await;
    let places = [("localhost:3000", split.address()), ("localhost:3010", split.debug_address("accounts"))];
    visit(readme, places.map(|(written, here)| (written, here.to_string())).to_vec())
}

/// The outputs of the tour, from a service of its own on a fresh cluster.
async fn run(readme: &Readme) -> Vec<String> {
    if apitest::split_is_wanted() {
        return run_split(readme).await;
    }
    let folder = ClusterFolder::new();
    let process = Setup::new().with("db.data_dir", folder.data_dir().display().to_string()).ready().await;
    let places = [("localhost:3000", process.address()), ("localhost:3010", process.debug_address())];
    let outputs = visit(readme, places.map(|(written, here)| (written, here.to_string())).to_vec());
    process.stop().await;
    outputs
}

fn visit(readme: &Readme, places: Vec<(&'static str, String)>) -> Vec<String> {
    let commands: Vec<&str> = readme.tour.iter().map(|stop| stop.command.as_str()).collect();
    let ground = Ground { folder: &root(), environment: Vec::new(), places };
    let Told { outputs, errors } = tokio::task::block_in_place(|| tour::run(&commands, &ground));
    assert_eq!(errors, "", "the tour complains");
    outputs
}

/// Whether each stop of a tour shows what its command says now.
fn compare(name: &str, readme: &Readme, outputs: &[String]) {
    for (stop, output) in readme.tour.iter().zip(outputs) {
        match &stop.shown {
            Some(Block { kind, text, .. }) => assert_eq!(
                comparable(kind, text),
                comparable(kind, output),
                "{name} shows another output than this one of\n{}\n{output}",
                stop.command
            ),
            None => assert_eq!(output, "", "the output of this is not shown:\n{}", stop.command),
        }
    }
}

/// As it is compared: a gateway may write the names of header fields in another case and order (RFC 9110, section 5.1).
fn comparable(kind: &str, text: &str) -> String {
    let text = redact::comparable(kind, text);
    if !apitest::split_is_wanted() {
        return text;
    }
    let is_field = |line: &str| {
        line.split_once(": ").is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '-'))
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for run in lines.chunk_by_mut(|one, other| is_field(one) && is_field(other)) {
        run.iter_mut().filter(|line| is_field(line)).for_each(|line| *line = line.to_lowercase());
        run.sort();
    }
    lines.retain(|line| line != "connection: keep-alive");
    lines.join("\n")
}

/// A tour with the outputs of now.
fn rewritten(readme: &Readme, outputs: &[String]) -> Readme {
    let shown = readme.tour.iter().zip(outputs).filter_map(|(stop, output)| {
        let block = stop.shown.as_ref()?;
        Some((block.lines.clone(), redact::shown(&block.kind, output)))
    });
    readme.with(shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_shows_what_the_program_answers() {
    let readme = Readme::read(&root().join("README.md"));
    assert!(!readme.tour.is_empty(), "there is no tour");
    compare("README.md", &readme, &run(&readme).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "rewrites README.md"]
async fn the_readme_is_rewritten() {
    let path = root().join("README.md");
    let readme = Readme::read(&path);
    let outputs = run(&readme).await;
    rewritten(&readme, &outputs).write(&path);
}

#[test]
fn every_make_target_and_admin_command_of_the_readme_exists() {
    let readme = Readme::read(&root().join("README.md"));
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| !line.starts_with(['\t', '.', '#', ' ']))
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let admin = apitest::program("admin");
    let mut checked = 0;
    // A command may go on on the next line.
    let blocks: Vec<String> = readme.commands.iter().map(|block| block.text.replace("\\\n", " ")).collect();
    for line in blocks.iter().flat_map(|block| block.lines()).chain(readme.inline.iter().map(String::as_str)) {
        let words: Vec<&str> = line.split_whitespace().skip_while(|word| word.contains('=')).collect();
        match words.as_slice() {
            ["make", target, ..] => assert!(targets.contains(target), "{line}: the Makefile has no such target"),
            ["cargo", "run", "--bin", "admin", "--", command @ ..] | ["admin", command @ ..] => {
                let names = command.iter().take_while(|word| is_name(word));
                let help = Command::new(&admin).args(names).arg("--help").output().unwrap();
                assert!(help.status.success(), "{line}: {}", String::from_utf8_lossy(&help.stderr));
            }
            ["cargo", "run", "--bin", "platform", "--", "--help"] => {
                assert!(Setup::new().command().arg("--help").output().unwrap().status.success());
            }
            [script, ..] if script.starts_with("zarf/") => {
                assert!(root().join(script).is_file(), "{line}: there is no such script");
            }
            [] => continue,
            _ => panic!("{line}: a command that no test knows"),
        }
        checked += 1;
    }
    assert!(checked > 5, "{checked}");
}

/// Whether a word can be the name of a command, not an argument of it.
fn is_name(word: &str) -> bool {
    !word.contains(['/', '.', '@', '<', '=']) && !word.starts_with('-')
}
