//! The tutorial tells what happens: its commands are run in a clone of what is committed, its outputs are theirs.
//!
//! It builds a product of its own, and so is no part of `make test`: `make test-tutorial`. `make tutorial` puts the
//! outputs of now into it.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::readme::blocks::Readme;
use crate::readme::tour::{Ground, run};
use crate::readme::{compare, rewritten, root};

fn path() -> PathBuf {
    root().join("zarf/docs/tutorial.md")
}

/// The outputs of the tutorial, from a clone in a folder of its own.
fn outputs(tutorial: &Readme) -> Vec<String> {
    assert!(tutorial.commands.is_empty(), "the tutorial runs all it shows: {:?}", tutorial.commands);
    // Open to the account that root's database runs under.
    let permissions = Permissions::from_mode(0o755);
    let folder = tempfile::Builder::new().prefix("mq-").permissions(permissions).tempdir_in("/var/tmp").unwrap();
    let target = folder.path().join("target");
    lend_dependencies(&target.join("debug"));
    let [api, debug, production, its_debug] = free_addresses();
    let ground = Ground {
        folder: folder.path(),
        environment: vec![
            ("MARQUEE", root().display().to_string()),
            ("CARGO_TARGET_DIR", target.display().to_string()),
            ("MARQUEE__WEB__API_HOST", api.clone()),
            ("MARQUEE__WEB__DEBUG_HOST", debug.clone()),
        ],
        places: vec![
            ("localhost:3000", api),
            ("localhost:3010", debug),
            ("127.0.0.1:4000", production),
            ("127.0.0.1:4010", its_debug),
        ],
    };
    let commands: Vec<&str> = tutorial.tour.iter().map(|stop| stop.command.as_str()).collect();
    run(&commands, &ground).outputs
}

/// What this build compiled of other people's code: the clone would compile the same. Without it all takes longer.
fn lend_dependencies(debug: &Path) {
    let ours = apitest::program("platform").parent().unwrap().to_owned();
    std::fs::create_dir_all(debug).unwrap();
    // Cargo writes some of its notes in place, and none of its artifacts.
    for (folder, how) in [(".fingerprint", "-Rp"), ("build", "-Rl"), ("deps", "-Rl")] {
        let _ = Command::new("cp").arg(how).arg(ours.join(folder)).arg(debug).output();
    }
}

/// Addresses that nobody listens on. All are held before any is told, so that no two are the same.
fn free_addresses<const N: usize>() -> [String; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().to_string())
}

#[test]
#[ignore = "builds a clone: make test-tutorial"]
fn the_tutorial_shows_what_the_programs_answer() {
    let tutorial = Readme::read(&path());
    compare("the tutorial", &tutorial, &outputs(&tutorial));
}

#[test]
#[ignore = "rewrites the tutorial: make tutorial"]
fn the_tutorial_is_rewritten() {
    let tutorial = Readme::read(&path());
    let outputs = outputs(&tutorial);
    rewritten(&tutorial, &outputs).write(&path());
}
