//! `--probe`, with which a container asks its own process.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::folder;
use crate::process::{PATIENCE, Setup, eventually};

fn probe(debug: &str, what: &str) -> Output {
    let address = debug.trim_start_matches("http://");
    // In production, and without what production wants of a service: the question needs an address alone.
    let setup = Setup::new().with("env", "production").with("web.debug_host", address);
    setup.command().args(["--probe", what]).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_who_lives_and_who_is_ready_and_says_why_not() {
    let database = dbtest::empty().await;
    let keys = folder::keys();
    let setup = Setup::production(database.url(), keys.path());
    let process = setup.serving_unready().await;
    assert_eq!(probe(&process.debug, "live").status.code(), Some(0));
    let unready = probe(&process.debug, "ready");
    assert_eq!(unready.status.code(), Some(1));
    assert!(told(&unready).contains("503") && told(&unready).contains("migrations"), "{unready:?}");

    migrate::up(database.url()).await.unwrap();
    let is_ready =
        eventually(PATIENCE, async || (probe(&process.debug, "ready").status.code() == Some(0)).then_some(()));
    assert!(is_ready.await.is_some());

    let debug = process.debug.clone();
    process.stop().await;
    let gone = probe(&debug, "live");
    assert_eq!(gone.status.code(), Some(1));
    assert_eq!(told(&gone).lines().count(), 1, "one line: {gone:?}");
}

#[test]
fn a_probe_waits_a_second_for_who_accepts_and_says_nothing_or_never_ends() {
    for begins_to_answer in [false, true] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = silent.accept().unwrap();
            // Until the probe has hung up.
            while begins_to_answer && stream.write_all(b"H").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
            stream
        });
        let begun = Instant::now();
        let output = probe(&address, "ready");
        assert_eq!(output.status.code(), Some(1));
        assert!(told(&output).contains("within 1 s"), "{output:?}");
        // The program has to start, too, on a machine with other work.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        drop(peer.join().unwrap());
    }
}

#[test]
fn a_question_that_is_none_is_a_wrong_command_line() {
    let output = probe("127.0.0.1:1", "well");
    assert_eq!(output.status.code(), Some(64));
    assert!(told(&output).contains("--probe"), "{output:?}");
}
