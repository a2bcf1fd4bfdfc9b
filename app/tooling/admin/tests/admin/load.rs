//! `admin load`.

use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::run::{Ran, admin, run, run_with};
use crate::server::{Asked, Server};

/// Goals that only a broken run misses: figures of a busy machine prove nothing.
const LENIENT: [&str; 2] = ["--p99", "1m"];

fn load(folder: &Path, server: &Server, arguments: &[&str]) -> Ran {
    run(command(folder, server, arguments))
}

fn command(folder: &Path, server: &Server, arguments: &[&str]) -> std::process::Command {
    let url = server.url();
    let short = ["load", "--url", &url, "--warmup", "0s", "--in-flight", "500"];
    let mut command = admin(&[&short, arguments].concat());
    command.current_dir(folder);
    command
}

fn goal(answer: &Value, name: &str) -> bool {
    let goals = answer["goals"].as_array().unwrap();
    goals.iter().find(|goal| goal["name"] == name).unwrap()["met"].as_bool().unwrap()
}

fn outcomes(answer: &Value) -> Vec<(String, u64)> {
    let outcomes = answer["outcomes"].as_array().unwrap().iter();
    let mut found: Vec<_> =
        outcomes.map(|one| (one["outcome"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap())).collect();
    found.sort();
    found
}

#[test]
fn a_load_that_meets_its_goals_exits_with_0_and_every_request_is_accounted_for() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::of_good_answers());
    let routes = ["--route", "GET /v1/movies?limit=5:3", "--route", "GET /healthcheck", "--rate", "100"];
    let arguments = [&routes[..], &["--duration", "1s", "--json"], &LENIENT].concat();
    let answer = load(folder.path(), &server, &arguments).ended(0).json();
    assert_eq!((&answer["due"], &answer["good"], &answer["held_back"]), (&100.into(), &100.into(), &0.into()));
    assert_eq!(outcomes(&answer), [("200".to_owned(), 100)]);
    let routes: Vec<_> =
        answer["routes"].as_array().unwrap().iter().map(|route| (&route["name"], &route["due"])).collect();
    assert_eq!(routes, [(&"GET /v1/movies?limit=5".into(), &75.into()), (&"GET /healthcheck".into(), &25.into())]);
    assert!(["p99", "errors", "rate"].iter().all(|name| goal(&answer, name)), "{}", answer["goals"]);
    let lines = server.lines.lock().unwrap();
    let asked = |line: &str| lines.iter().filter(|asked| *asked == line).count();
    assert_eq!((asked("GET /v1/movies?limit=5"), asked("GET /healthcheck"), lines.len()), (75, 25, 100));
}

#[test]
fn a_stall_is_seen_by_all_who_were_due_and_misses_the_goal_with_6() {
    let gate = Mutex::new(());
    let server = Server::start(move |asked: &Asked| {
        let _held = gate.lock().unwrap();
        if asked.number == 20 {
            thread::sleep(Duration::from_secs(1));
        }
        (200, "{}".to_owned())
    });
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--route",
        "GET /",
        "--rate",
        "100",
        "--duration",
        "2s",
        "--p99",
        "500ms",
        "--p50",
        "1m",
        "--report",
        "r.html",
    ];
    let shown = load(folder.path(), &server, &arguments).ended(6).out;
    let line = |name: &str| shown.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line(" p99 ").contains("missed") && line(" p50 ").contains("met"), "{shown}");
    assert!(line("from when due").contains("p99.9") && shown.contains("report: r.html"), "{shown}");

    let kept = kept(folder.path());
    assert_eq!((kept.len(), &kept[0]["due"], &kept[0]["good"]), (1, &200.into(), &200.into()));
    assert!(kept[0]["latency"]["most"].as_f64().unwrap() >= 1000.0, "{}", kept[0]["latency"]);
    // Who was due in the first half of the stall waited for its second half at least: a quarter of all.
    assert!(kept[0]["latency"]["p90"].as_f64().unwrap() >= 500.0, "{}", kept[0]["latency"]);
}

#[test]
fn failures_are_told_by_what_they_are_and_miss_the_goal() {
    let server = Server::start(|asked: &Asked| match asked.number % 4 {
        0 => (503, "{\"type\": \"/problems/unavailable\"}".to_owned()),
        1 => (429, "{}".to_owned()),
        _ => (200, "{}".to_owned()),
    });
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--route", "GET /", "--rate", "100", "--duration", "1s", "--json", "--errors", "49%"];
    let answer = load(folder.path(), &server, &arguments).ended(6).json();
    let expected = [("200", 50), ("429", 25), ("503 /problems/unavailable", 25)];
    assert_eq!(outcomes(&answer), expected.map(|(outcome, count)| (outcome.to_owned(), count)));
    assert!(!goal(&answer, "errors") && goal(&answer, "rate"), "{}", answer["goals"]);
    assert!(answer["warnings"].to_string().contains("limits.per_second"), "{}", answer["warnings"]);
    let lenient = ["--route", "GET /", "--rate", "100", "--duration", "1s", "--json", "--errors", "50%"];
    assert!(goal(&load(folder.path(), &server, &lenient).ended(0).json(), "errors"));
}

#[test]
fn a_service_that_is_away_exits_with_69_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let server = Server { address: listener.local_addr().unwrap(), ..Server::of_good_answers() };
    drop(listener);
    let refused = load(folder.path(), &server, &["--route", "GET /"]).ended(69);
    assert!(refused.err.contains("does not answer") && refused.err.contains("make run"), "{}", refused.err);
    assert!(kept(folder.path()).is_empty());
}

#[test]
fn another_machine_is_loaded_with_consent_only() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::of_good_answers());
    let (here, there) = (server.url(), "http://192.0.2.1:3000");
    for arguments in [&["--url", there][..], &["--url", &here, "--debug-url", there]] {
        let mut command = admin(&[&["load", "--route", "GET /"], arguments].concat());
        command.current_dir(folder.path());
        let refused = run(command).ended(4);
        assert!(refused.err.contains("another machine") && refused.err.contains("--yes-remote"), "{}", refused.err);
    }
    assert!(server.lines.lock().unwrap().is_empty());
}

#[test]
fn the_last_run_of_the_same_flags_is_compared_with() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::of_good_answers());
    let again = |more: &[&str]| {
        let common = ["--route", "GET /", "--rate", "50", "--duration", "500ms", "--json"];
        load(folder.path(), &server, &[&common, more].concat()).ended(0).json()
    };
    assert!(again(&[])["before"].is_null());
    let first = kept(folder.path()).remove(0);
    // Names hold whole seconds.
    thread::sleep(Duration::from_millis(1100));
    assert_eq!(again(&[])["before"]["latency"], first["latency"]);
    assert!(again(&["--timeout", "9s"])["before"].is_null(), "other flags");
    assert!(again(&["--baseline", "none"])["before"].is_null());
    std::fs::write(folder.path().join("first.json"), first.to_string()).unwrap();
    let named = again(&["--timeout", "8s", "--baseline", "first.json"]);
    assert_eq!(named["before"]["at"], first["at"]);
    load(folder.path(), &server, &["--route", "GET /", "--baseline", "missing.json"]).ended(3);
}

#[test]
fn the_report_is_one_file_that_needs_nothing_else() {
    let metrics = |asked: &Asked| match asked.line.as_str() {
        "GET /buildinfo" => (200, "{\"name\": \"plat<form>\", \"version\": \"1.2.3\"}".to_owned()),
        "GET /metrics" => {
            let cpu = asked.number as f64;
            let pool =
                "db_pool_connections_max 10\ndb_pool_connections 9\ndb_pool_connections_idle 4\ndb_pool_waiting 2";
            let text = format!("process_cpu_seconds_total {cpu}\nprocess_resident_memory_bytes 1048576\n{pool}\n");
            (200, text)
        }
        _ => (404, "{\"type\": \"/problems/<script>alert(1)</script>\"}".to_owned()),
    };
    let (server, folder) = (Server::start(metrics), tempfile::tempdir().unwrap());
    let debug = server.url();
    let arguments = ["--route", "GET /a?b=<c>", "--rate", "50", "--duration", "3s", "--debug-url", &debug];
    load(folder.path(), &server, &[&arguments[..], &["--report", "load.html"], &LENIENT].concat()).ended(6);
    let html = std::fs::read_to_string(folder.path().join("load.html")).unwrap();
    for wanted in ["<svg", "plat&lt;form&gt; 1.2.3", "Goals missed", "database connections", "GET /a?b=&lt;c&gt;"] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
    for needless in ["<script", "<link", "<img", "@import", "url(", "src=", "href="] {
        assert!(!html.contains(needless), "{needless}");
    }
    let moments = kept(folder.path())[0]["moments"].clone();
    assert_eq!((&moments[0]["pool"]["busy"], &moments[0]["pool"]["waiting"]), (&5.0.into(), &2.0.into()));
    assert!(moments[0]["processors"].as_f64().unwrap() > 0.0, "{moments}");
}

#[test]
fn the_user_of_a_login_and_the_body_of_a_file_are_sent() {
    let server = Server::start(|asked: &Asked| match asked.line.as_str() {
        "POST /v1/auth/login" => {
            let credentials: Value = serde_json::from_str(&asked.body).unwrap();
            assert_eq!(credentials, serde_json::json!({"email": "ada@example.com", "password": "canary-password"}));
            (200, "{\"access_token\": \"canary-token\", \"expires_in\": 900}".to_owned())
        }
        _ if asked.authorization.as_deref() != Some("Bearer canary-token") => (401, "{}".to_owned()),
        "POST /v1/movies" => match serde_json::from_str::<Value>(&asked.body) {
            Ok(film) if film["title"].as_str().is_some_and(|title| title.starts_with("Film ")) => {
                (201, "{}".to_owned())
            }
            _ => (422, "{}".to_owned()),
        },
        _ => (200, "{}".to_owned()),
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("film.json"), "{\"title\": \"Film {{n}}\"}").unwrap();
    std::fs::write(folder.path().join("token"), "canary-token\n").unwrap();
    let routes = ["--route", "POST /v1/movies", "--route", "GET /v1/users/me", "--body", "film.json", "--rate", "50"];
    let arguments = [&routes[..], &["--duration", "1s", "--report", "r.html"], &LENIENT].concat();
    let login = [&arguments[..], &["--login", "ada@example.com", "--password-stdin"]].concat();
    let ran = run_with(command(folder.path(), &server, &login), "canary-password\n").ended(0);
    load(folder.path(), &server, &[&arguments[..], &["--token", "token"]].concat()).ended(0);

    let said = [ran.out, ran.err, std::fs::read_to_string(folder.path().join("r.html")).unwrap()].concat();
    let kept: String = kept(folder.path()).iter().map(Value::to_string).collect();
    assert!(!said.contains("canary") && !kept.contains("canary"), "{said}{kept}");
    let longer = ["--route", "GET /", "--duration", "16m", "--login", "ada@example.com", "--password-stdin"];
    let refused = run_with(command(folder.path(), &server, &longer), "canary-password\n").ended(4);
    assert!(refused.err.contains("the token ends after"), "{}", refused.err);
}

#[test]
fn a_wrong_plan_exits_with_2() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::of_good_answers());
    for arguments in [
        &["--rate", "5"][..],
        &["--route", "/v1/movies"],
        &["--route", "GET /", "--rate", "0"],
        &["--route", "GET /", "--duration", "0s"],
        &["--route", "GET /", "--duration", "5"],
        &["--route", "GET /", "--errors", "0.1"],
        &["--route", "GET /", "--header", "no colon"],
        &["--route", "GET /", "--header", "a b: c"],
        &["--route", "GET /", "--password-stdin"],
    ] {
        load(folder.path(), &server, arguments).ended(2);
    }
    let mut tls = admin(&["load", "--route", "GET /", "--url", "https://127.0.0.1"]);
    tls.current_dir(folder.path());
    run(tls).ended(2);
    assert!(server.lines.lock().unwrap().is_empty());
}

#[test]
fn ctrl_c_ends_it_and_tells_what_was_measured() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::of_good_answers());
    let child = command(folder.path(), &server, &["--route", "GET /", "--rate", "100", "--duration", "10m", "--json"]);
    let mut child = { child }.spawn().unwrap();
    while server.lines.lock().unwrap().len() < 20 {
        thread::sleep(Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["good"].as_u64().unwrap() >= 20 && answer["ended_early"] == true, "{answer}");
}

/// The runs that were kept, oldest first.
fn kept(folder: &Path) -> Vec<Value> {
    let entries = std::fs::read_dir(folder.join(".marquee/load")).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
}
