//! `admin doctor`: each check, made to fail for real.

use std::fs::{self, Permissions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::{Ran, admin, run};

/// A machine on which a check cannot end in time is beyond a doctor.
const PATIENCE: Duration = Duration::from_secs(60);

/// A doctor in a folder that is no clone; nothing of the machine's ports stands in the way.
fn doctor(folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = admin(&["doctor", "--json"]);
    command.current_dir(folder).env("MARQUEE__AUTH__KEYS_DIR", folder.join("keys"));
    command.env("MARQUEE__WEB__API_HOST", "127.0.0.1:0").env("MARQUEE__WEB__DEBUG_HOST", "127.0.0.1:0");
    for (key, value) in settings {
        command.env(format!("MARQUEE__{}", key.replace('.', "__").to_uppercase()), value);
    }
    command
}

/// The same in the clone.
fn doctor_of_clone(settings: &[(&str, &str)]) -> Command {
    let mut command = doctor(Path::new(env!("CARGO_MANIFEST_DIR")), settings);
    command.env("MARQUEE__AUTH__KEYS_DIR", "/nonexistent/keys");
    command
}

/// What it found out about one thing.
#[track_caller]
fn check(ran: &Ran, name: &str) -> Value {
    let answer = ran.json();
    let found = answer["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).cloned();
    assert!(found.is_some(), "{name} is not in {answer:#}");
    found.unwrap()
}

/// That it is missing, told in these words, with this mend.
#[track_caller]
fn is_missing(command: Command, name: &str, found: &str, mend: &str) {
    let ran = run(command).ended(1);
    let check = check(&ran, name);
    assert_eq!(check["state"], "bad", "{check}");
    assert!(check["found"].as_str().unwrap().contains(found), "{check}");
    assert!(check["mend"].as_str().unwrap().contains(mend), "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_is_there_nothing_is_missing() {
    let database = dbtest::Database::new().await;
    let mut command = doctor_of_clone(&[("db.url", database.url())]);
    let ran = run(command).ended(0);
    assert_eq!(ran.json()["failed"], 0);
    for name in ["rustc", "cargo", "C compiler", "db.url", "migrations", "its clock", "extensions", "private cluster"] {
        assert_eq!(check(&ran, name)["state"], "good", "{}", ran.out);
    }
    command = doctor(&std::env::temp_dir(), &[("db.url", database.url())]);
    let elsewhere = run(command).ended(0);
    assert_eq!(check(&elsewhere, "toolchain")["state"], "skipped", "where nothing is built, nothing is needed for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_marks_and_mends() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = doctor(folder.path(), &[]);
    command = {
        let mut plain = admin(&["doctor"]);
        plain.current_dir(folder.path()).envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
        plain
    };
    let shown = run(command).ended(1).out;
    for wanted in ["database\n  ✗ db.url", "→ is the server of db.url up?", "  ✓ disk", "1 thing is missing"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[test]
fn a_toolchain_that_is_missing_or_old_is_told() {
    let empty = tempfile::tempdir().unwrap();
    let mut without = doctor_of_clone(&[]);
    without.env("PATH", empty.path());
    let ran = run(without).ended(1);
    for name in ["rustc", "cargo", "C compiler", "make"] {
        assert_eq!(
            (&check(&ran, name)["state"], &check(&ran, name)["found"]),
            (&"bad".into(), &"not found on PATH".into())
        );
    }
    assert!(check(&ran, "rustc")["mend"].as_str().unwrap().contains("rustup.rs"));

    program(empty.path(), "rustc", "echo 'rustc 1.60.0 (7737e0b5c 2022-04-04)'");
    program(empty.path(), "cc", "echo broken >&2; exit 3");
    let mut old = doctor_of_clone(&[]);
    old.env("PATH", empty.path());
    let ran = run(old).ended(1);
    assert!(check(&ran, "rustc")["found"].as_str().unwrap().starts_with("rustc 1.60.0"), "{}", ran.out);
    assert_eq!(check(&ran, "rustc")["mend"], "rustup update stable");
    assert!(check(&ran, "C compiler")["found"].as_str().unwrap().ends_with("broken"), "{}", ran.out);
}

#[test]
fn a_database_that_is_away_is_told() {
    let folder = tempfile::tempdir().unwrap();
    is_missing(doctor(folder.path(), &[]), "db.url", "", "is the server of db.url up?");
}

#[test]
fn a_proxy_that_lets_in_and_says_nothing_holds_nobody_up() {
    let (folder, mute) = (tempfile::tempdir().unwrap(), mute());
    let port = mute.local_addr().unwrap().port();
    let began = Instant::now();
    let settings = [
        ("db.url", format!("postgres://ada@127.0.0.1:{port}/films")),
        ("events.nats_url", format!("nats://ada:canary@127.0.0.1:{port}")),
        ("mail.smtp_url", format!("smtp://ada:canary@127.0.0.1:{port}")),
    ];
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let ran = run(doctor(folder.path(), &settings)).ended(1);
    assert!(began.elapsed() < PATIENCE, "it took {:?}", began.elapsed());
    for name in ["db.url", "events.nats_url", "mail.smtp_url"] {
        let check = check(&ran, name);
        assert_eq!(check["state"], "bad", "{check}");
        assert!(check["mend"].is_string(), "{check}");
    }
    assert!(!ran.out.contains("canary"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_production_needs_before_it_serves_is_told() {
    let (database, folder) = (dbtest::empty().await, tempfile::tempdir().unwrap());
    let production = [("env", "production"), ("db.url", database.url()), ("auth.issuer", "https://films.example.com")];
    is_missing(doctor(folder.path(), &production), "migrations", "no service becomes ready", "admin migrate up");
    is_missing(doctor(folder.path(), &production), "signing keys", "no key signs", "admin keys generate");
    let development = run(doctor(folder.path(), &production[1..])).ended(0);
    assert!(check(&development, "migrations")["found"].as_str().unwrap().contains("the next start applies"));
}

#[test]
fn a_port_that_is_taken_is_told_with_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let held = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = held.local_addr().unwrap().to_string();
    let holder = if cfg!(target_os = "linux") { format!("process {}", std::process::id()) } else { String::new() };
    is_missing(doctor(folder.path(), &[("web.api_host", &address)]), "web.api_host", &holder, "--set web.api_host=");
    is_missing(doctor(folder.path(), &[("web.api_host", "192.0.2.1:3000")]), "web.api_host", "192.0.2.1", "--set");
}

#[test]
fn a_folder_that_cannot_hold_the_private_cluster_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let on_cluster = |data_dir: &Path| {
        let mut command = doctor(folder.path(), &[]);
        command.env_remove("MARQUEE__DB__URL").env("MARQUEE__DB__DATA_DIR", data_dir);
        command
    };
    let name = "private cluster's folder";
    is_missing(on_cluster(Path::new("/dev/null/db")), name, "cannot be made", "db.data_dir");
    fs::write(folder.path().join("diary.txt"), "dear diary").unwrap();
    is_missing(on_cluster(folder.path()), name, "holds something", "db.data_dir");
    fs::create_dir(folder.path().join("pgdata")).unwrap();
    fs::write(folder.path().join("pgdata/PG_VERSION"), "9\n").unwrap();
    is_missing(on_cluster(folder.path()), name, "PostgreSQL 9", "move");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "a doctor leaves things as they are");
}

#[test]
fn secrets_that_others_can_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut generate = admin(&["keys", "generate", "--json"]);
    generate.env("MARQUEE__AUTH__KEYS_DIR", folder.path().join("keys"));
    let kid = run(generate).ended(0).json()["kid"].as_str().unwrap().to_owned();
    let pem = folder.path().join(format!("keys/{kid}.pem"));
    fs::set_permissions(&pem, Permissions::from_mode(0o644)).unwrap();
    is_missing(doctor(folder.path(), &[]), "their permissions", &kid, "chmod 600");
    fs::write(&pem, "nonsense").unwrap();
    is_missing(doctor(folder.path(), &[]), "signing keys", &kid, "backup");

    fs::write(folder.path().join(".env"), "MARQUEE__WEB__DRAIN=1s\n").unwrap();
    fs::set_permissions(folder.path().join(".env"), Permissions::from_mode(0o644)).unwrap();
    let ran = run(doctor(folder.path(), &[])).ended(1);
    assert_eq!(check(&ran, ".env")["state"], "remark", "{}", ran.out);
    for arguments in [&["init", "-q"][..], &["add", ".env"]] {
        assert!(Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap().success());
    }
    is_missing(doctor(folder.path(), &[]), ".env", "committed", "git rm --cached .env");
}

#[test]
fn settings_that_are_wrong_are_told_and_the_rest_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = doctor(folder.path(), &[]);
    command.args(["--set", "web.drain=soon", "--set", "no.such=1"]);
    let ran = run(command).ended(1);
    assert_eq!((&check(&ran, "web.drain")["state"], &check(&ran, "no.such")["state"]), (&"bad".into(), &"bad".into()));
    assert_eq!(check(&ran, "disk")["state"], "good");
}

#[test]
fn a_machine_without_handles_or_temporary_files_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let few = doctor(folder.path(), &[("db.max_connections", "50"), ("live.max_connections", "2000")]);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "ulimit -n 100 && exec \"$0\" doctor --json", env!("CARGO_BIN_EXE_admin")]).env_clear();
    limited.envs(few.get_envs().filter_map(|(key, value)| Some((key, value?)))).current_dir(folder.path());
    is_missing(limited, "open files", "100 at once", "3202");
    let mut nowhere = doctor(folder.path(), &[]);
    nowhere.env("TMPDIR", "/dev/null");
    is_missing(nowhere, "temporary files", "/dev/null", "TMPDIR");
}

#[test]
fn others_are_known_by_how_they_greet() {
    let folder = tempfile::tempdir().unwrap();
    let reach = |nats: &str, mail: &str| {
        let ran = run(doctor(folder.path(), &[("events.nats_url", nats), ("mail.smtp_url", mail)]));
        ["events.nats_url", "mail.smtp_url"].map(|name| check(&ran, name)["state"].as_str().unwrap().to_owned())
    };
    let (nats, mail) = (greeting("INFO {}\r\n"), greeting("220 relay ready\r\n"));
    assert_eq!(reach(&format!("nats://{nats}"), &format!("smtp://{mail}")), ["good", "good"]);
    assert_eq!(reach(&format!("nats://{mail}"), &format!("smtp://{nats}")), ["bad", "bad"]);
    let accounts = |address: &str| {
        let ran = run(doctor(folder.path(), &[("peers.accounts_url", &format!("http://{address}"))]));
        check(&ran, "peers.accounts_url")["state"].as_str().unwrap().to_owned()
    };
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    assert_eq!([accounts(&nats.to_string()), accounts(&closed.to_string())], ["good", "bad"]);
    assert_eq!(reach(&format!("nats://{closed}"), &format!("smtps://{closed}")), ["bad", "bad"]);
    let unset = run(doctor(folder.path(), &[]));
    assert_eq!(check(&unset, "mail.smtp_url")["state"], "skipped");
}

#[test]
fn kubernetes_is_looked_at_when_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    program(folder.path(), "kind", "echo 'kind version 0.29.0'");
    let mut command = doctor(folder.path(), &[]);
    command.env("PATH", folder.path());
    let without = run(command).ended(1);
    assert!(!without.out.contains("Docker"));
    let mut command = doctor(folder.path(), &[]);
    command.env("PATH", folder.path()).args(["--with", "kubernetes"]);
    let ran = run(command).ended(1);
    assert!(check(&ran, "Docker")["found"].as_str().unwrap().contains("Cannot connect"), "{}", ran.out);
    assert_eq!(check(&ran, "kind")["found"], "kind version 0.29.0");
    assert_eq!(check(&ran, "kubectl")["found"], "not found on PATH");
}

/// A program that is a line of shell.
fn program(folder: &Path, name: &str, line: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
}

/// A listener that lets in whoever comes, and says nothing: the kernel accepts for it.
fn mute() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).unwrap()
}

/// A server that says one thing to everybody.
fn greeting(text: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut met = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // One that has left heard enough.
            let _ = stream.write_all(text.as_bytes());
            met.push(stream);
        }
    });
    address
}
