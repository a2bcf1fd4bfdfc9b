//! From the command line to the first film.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::answer::{get, send};
use crate::folder::ClusterFolder;
use crate::process::{PATIENCE, Process, Setup, eventually};

#[test]
fn every_wrong_setting_is_told_at_once_before_any_socket_or_folder_is_touched() {
    // An address that is taken: whoever tried to bind it would fail in another way.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = ClusterFolder::new();
    let setup = Setup::new()
        .with("web.api_host", taken.local_addr().unwrap().to_string())
        .with("db.data_dir", folder.data_dir().display().to_string())
        .with("db.deadline", "soon")
        .with("db.max_conections", "3")
        .with("env", "staging");
    let output = setup.command().args(["--telemetry.sample_ratio", "7", "--web.body_limit", "1 furlong"]).output();
    let output = output.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{told}");
    for key in ["db.deadline", "db.max_conections", "env", "telemetry.sample_ratio", "web.body_limit"] {
        assert!(told.contains(key), "{key} is missing:\n{told}");
    }
    assert!(told.contains("MARQUEE__DB__DEADLINE"), "it names the source:\n{told}");
    assert!(output.stdout.is_empty());
    assert!(!folder.data_dir().exists());
}

#[test]
fn a_flag_that_is_unknown_is_a_wrong_setting() {
    let output = Setup::new().command().arg("--web.colour=red").output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--web.colour"));
}

#[test]
fn a_port_that_is_taken_is_told_with_its_setting_before_a_database_is_started() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for key in ["web.api_host", "web.debug_host"] {
        let folder = ClusterFolder::new();
        let setup = Setup::new().with("db.data_dir", folder.data_dir().display().to_string()).with(key, &address);
        let output = setup.output();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(key) && told.contains(&address) && told.contains("in use"), "{told}");
        assert_eq!(told.lines().count(), 1, "one fault, one line: {told}");
        assert!(!folder.data_dir().exists());
    }
}

#[test]
fn help_names_every_setting_and_exit_code_and_version_is_the_programs() {
    let help = Setup::new().command().arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8(help.stdout).unwrap();
    for key in settings::keys() {
        assert!(help.contains(&format!("--{} ", key.name)), "{} is missing", key.name);
        assert!(help.contains(&key.variable()), "{} is missing", key.variable());
    }
    assert!(help.contains("64 a setting is wrong"), "{help}");

    let version = Setup::new().command().arg("--version").output().unwrap();
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), format!("platform {}\n", platform::SERVICE.version));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_needs_nothing_and_a_second_finds_what_the_first_left() {
    let folder = ClusterFolder::new();
    // Nothing but places and ports is set.
    let setup = Setup::new().with("db.data_dir", folder.data_dir().display().to_string());

    let process = setup.ready().await;
    let found = get(format!("{}/v1/movies?q=godfather", process.url)).await.json();
    assert_eq!(found["items"][0]["title"], "The Godfather");
    assert_eq!(found["items"][0]["year"], 1972);
    let films = total(&process).await;
    assert!(films > 3000, "{films}");
    what_is_printed_works(&process).await;
    assert_eq!(total(&process).await, films + 1);
    process.stop().await;
    assert!(!folder.serves(), "the last to leave stops the server");

    let process = setup.ready().await;
    assert_eq!(total(&process).await, films + 1);
    let messages: BTreeSet<String> =
        process.log().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect();
    assert!(!messages.iter().any(|message| message.contains("seed") || message.contains("migrate")), "{messages:?}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_is_cut_short_is_made_up_for_by_the_next() {
    let folder = ClusterFolder::new();
    let setup = Setup::new().with("db.data_dir", folder.data_dir().display().to_string());
    let mut process = setup.start();
    process.logged("migrated the database").await;
    // Somewhere between the first film and the last.
    let writing = "SELECT query_start::text FROM pg_stat_activity WHERE query LIKE '%INSERT INTO movies%' \
                   AND pid <> pg_backend_pid()";
    let is_amid = eventually(PATIENCE, async || (!folder.query(writing).is_empty()).then_some(()));
    assert!(is_amid.await.is_some(), "it writes films");
    process.signal(rustix::process::Signal::KILL);
    assert_eq!(process.ended().await, None);
    assert!(process.log().iter().all(|line| line["message"] != "seeded the database"), "it was not done");

    let process = setup.ready().await;
    assert_eq!(folder.query("SELECT count(*)::text FROM users"), ["5"]);
    let films: u64 = folder.query("SELECT count(*)::text FROM movies")[0].parse().unwrap();
    assert!(films > 3000, "{films}");
    process.stop().await;
}

/// Takes every line that the program printed at its word.
async fn what_is_printed_works(process: &Process) {
    let printed = process.stderr();
    let line = |label: &str| {
        let line = printed.lines().find_map(|line| line.trim().strip_prefix(label)).expect(label);
        line.trim().to_owned()
    };
    for label in ["API", "documentation", "metrics"] {
        let answer = get(line(label)).await;
        assert_eq!(answer.status, 200, "{label}: {answer:?}");
    }
    let output = sh(&format!("{} -tAc 'SELECT count(*) FROM users'", line("database")));
    assert_eq!(output.trim(), "5");

    let password = line("users of development, each with the password");
    let mut users = 0;
    for user in printed.lines().filter(|line| line.starts_with("    ") && line.contains("@example.com ")) {
        let (email, role) = user.trim().split_once(' ').unwrap();
        let body = serde_json::json!({ "email": email, "password": password });
        let request = crate::answer::request(reqwest::Method::POST, format!("{}/v1/auth/login", process.url));
        let answer = send(request.json(&body)).await;
        assert_eq!(answer.status, 201, "{email}: {answer:?}");
        assert!(!role.trim().is_empty());
        users += 1;
    }
    assert_eq!(users, 5);

    let command: Vec<&str> = printed
        .lines()
        .skip_while(|line| !line.contains("add a film:"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .collect();
    let answer = sh(&command.join("\n"));
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    let film: Value = serde_json::from_str(body).expect(body);
    let path = format!("{}/v1/movies/{}", process.url, film["id"].as_str().unwrap());
    assert_eq!(get(path).await.json(), film);
}

async fn total(process: &Process) -> u64 {
    get(format!("{}/v1/movies?total=true&limit=1", process.url)).await.json()["total"].as_u64().unwrap()
}

fn sh(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
