//! Runs of tests that are killed, beside others that live.

use std::process::Stdio;

use dbtest::Database;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const ROLE: &str = "DBTEST_TEST_ROLE";

#[tokio::test]
async fn what_a_killed_run_left_is_swept_by_the_next_and_what_a_living_one_uses_is_not() {
    let mut killed = Run::start().await;
    let living = Run::start().await;
    assert!(exists(&killed.database).await && exists(&living.database).await);
    killed.child.kill().await.unwrap();
    assert!(exists(&killed.database).await, "a killed run cleans nothing up");

    let next = Run::start().await;
    assert!(!exists(&killed.database).await, "the next run did not sweep");
    assert!(exists(&living.database).await, "the next run swept too much");
    drop((living, next));
}

/// Another run of tests, which holds a database until it is killed or dropped.
struct Run {
    child: Child,
    _stdin: ChildStdin,
    database: String,
}

impl Run {
    async fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "runs::another_run", "--nocapture"])
            .env(ROLE, "child")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("it ended before it had a database");
            if let Some((_, database)) = line.split_once("database: ") {
                let stdin = child.stdin.take().unwrap();
                return Self { child, _stdin: stdin, database: database.to_owned() };
            }
        }
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the harness leaves no other way to tell its child that it is one")]
async fn another_run() {
    if std::env::var_os(ROLE).is_none() {
        return; // run as a test, it has nothing to do
    }
    let database = Database::new().await;
    println!("database: {}", database.name());
    // Until the parent closes its end.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

async fn exists(name: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    tokio::task::spawn_blocking(move || !dbtest::server().query("postgres", &sql).unwrap().is_empty()).await.unwrap()
}
