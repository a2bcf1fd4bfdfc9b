//! `admin jobs` and `admin mail`.

use dbtest::Database;
use serde_json::json;

use crate::run::{admin_on, run};

const DEAD: &str = "01900000-0000-7000-8000-000000000001";
const RUNNING: &str = "01900000-0000-7000-8000-000000000002";
const MAIL: &str = "01900000-0000-7000-8000-000000000003";
const ABSENT: &str = "01900000-0000-7000-8000-000000000009";

/// One job that was given up, one that runs, one that waits, one of another kind that was given up.
async fn queue() -> Database {
    let database = Database::new().await;
    database
        .execute(
            "INSERT INTO jobs (job_id, name, lane, payload, attempt, attempts, due_at, runner, dead_at, last_error) VALUES
            ('01900000-0000-7000-8000-000000000001', 'users.activation_mail', 'mail', '{\"address\": \"ada@example.com\"}',
                20, 20, '2026-01-02 03:04:05Z', NULL, '2026-01-02 03:04:06Z', 'the relay does not greet (421)'),
            ('01900000-0000-7000-8000-000000000002', 'users.activation_mail', 'mail', '{}',
                1, 20, now() + interval '1 minute', gen_random_uuid(), NULL, NULL),
            ('01900000-0000-7000-8000-000000000004', 'users.activation_mail', 'mail', '{}', 0, 20, now(), NULL, NULL, NULL),
            ('01900000-0000-7000-8000-000000000005', 'test.other', 'default', '{}', 3, 3, now(), NULL, now(), 'no')",
        )
        .await;
    database
}

#[tokio::test]
async fn jobs_are_counted_and_listed() {
    let database = queue().await;
    let status = run(admin_on(&database, &["jobs", "status"])).ended(0);
    let lines: Vec<Vec<&str>> = status.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["LANE", "DUE", "OLDEST", "LATER", "RUNNING", "DEAD"]);
    assert_eq!((lines[1][0], lines[1][6]), ("default", "1"), "{}", status.out);
    assert_eq!((lines[2][0], lines[2][1], lines[2][5], lines[2][6]), ("mail", "1", "1", "1"), "{}", status.out);

    let list =
        run(admin_on(&database, &["jobs", "list", "--state", "dead", "--name", "users.activation_mail"])).ended(0);
    insta::assert_snapshot!(list.out, @r"
    ID                                    NAME                   STATE                            ATTEMPT   LAST ERROR
    01900000-0000-7000-8000-000000000001  users.activation_mail  dead since 2026-01-02T03:04:06Z  20 of 20  the relay does not greet (421)
    ");
    let list = run(admin_on(&database, &["jobs", "list", "--json"])).ended(0).json();
    assert_eq!(list.as_array().map(Vec::len), Some(4));
    let dead = list.as_array().unwrap().iter().find(|job| job["id"] == DEAD).unwrap();
    assert_eq!(dead["payload"], json!({ "address": "ada@example.com" }));
    assert_eq!((&dead["state"], &dead["attempt"]), (&json!("dead"), &json!(20)));
    run(admin_on(&database, &["jobs", "list", "--state", "gone"])).ended(2);
}

#[tokio::test]
async fn a_dead_job_is_retried_or_dropped_by_its_id_and_one_that_runs_is_not() {
    let database = queue().await;
    let said = run(admin_on(&database, &["jobs", "retry", DEAD])).ended(0);
    assert_eq!(said.out, "1 job is due now\n");
    let job = &run(admin_on(&database, &["jobs", "list", "--json", "--state", "waiting"])).ended(0).json();
    assert!(job.as_array().unwrap().iter().any(|job| job["id"] == DEAD && job["attempt"] == 0), "{job}");
    assert_eq!(run(admin_on(&database, &["jobs", "drop", DEAD, "--json"])).ended(0).json(), json!({ "count": 1 }));
    for command in ["retry", "drop"] {
        for id in [DEAD, RUNNING, ABSENT] {
            let missing = run(admin_on(&database, &["jobs", command, id])).ended(3);
            assert!(missing.err.contains(id) && missing.err.contains("admin jobs list"), "{}", missing.err);
        }
        run(admin_on(&database, &["jobs", command, "1"])).ended(2);
        run(admin_on(&database, &["jobs", command])).ended(2);
        run(admin_on(&database, &["jobs", command, DEAD, "--dead"])).ended(2);
        run(admin_on(&database, &["jobs", command, DEAD, "--name", "test.other"])).ended(2);
    }
}

#[tokio::test]
async fn after_an_outage_all_that_was_given_up_is_retried_or_dropped() {
    let database = queue().await;
    let retried = run(admin_on(&database, &["jobs", "retry", "--dead", "--name", "users.activation_mail"])).ended(0);
    assert_eq!(retried.out, "1 job is due now\n");
    assert_eq!(run(admin_on(&database, &["jobs", "drop", "--dead"])).ended(0).out, "1 job is dropped\n");
    assert_eq!(run(admin_on(&database, &["jobs", "drop", "--dead"])).ended(0).out, "0 jobs are dropped\n");
    let list = run(admin_on(&database, &["jobs", "list", "--json"])).ended(0).json();
    assert_eq!(list.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn kept_mails_are_listed_and_shown() {
    let database = Database::new().await;
    assert_eq!(run(admin_on(&database, &["mail", "list"])).ended(0).out, "no mails\n");
    database
        .execute(
            "INSERT INTO mails (mail_id, to_address, to_name, subject, text, html, created_at) VALUES
            ('01900000-0000-7000-8000-000000000003', 'ada@example.com', 'Ada', 'Welcome', 'Hello Ada,\n\u{1b}[2Jwelcome.\n',
                '<p>Hello Ada</p>', '2026-01-02 03:04:05Z'),
            ('01900000-0000-7000-8000-000000000004', 'eve@example.com', NULL, 'Later', '', '', '2026-01-02 03:04:06Z')",
        )
        .await;
    let list = run(admin_on(&database, &["mail", "list"])).ended(0);
    insta::assert_snapshot!(list.out, @r"
    ID                                    WHEN                  TO               SUBJECT
    01900000-0000-7000-8000-000000000004  2026-01-02T03:04:06Z  eve@example.com  Later
    01900000-0000-7000-8000-000000000003  2026-01-02T03:04:05Z  ada@example.com  Welcome
    ");
    let of_ada = run(admin_on(&database, &["mail", "list", "--to", "Ada@example.com", "--json"])).ended(0).json();
    assert_eq!(of_ada.as_array().map(Vec::len), Some(1));
    let shown = run(admin_on(&database, &["mail", "show", MAIL])).ended(0);
    insta::assert_snapshot!(shown.out, @r"
    To: Ada <ada@example.com>
    Date: 2026-01-02T03:04:05Z
    Subject: Welcome

    Hello Ada,
    \u{1b}[2Jwelcome.
    ");
    let html = run(admin_on(&database, &["mail", "show", MAIL, "--html"])).ended(0);
    assert_eq!(html.out, "<p>Hello Ada</p>");
    assert_eq!(run(admin_on(&database, &["mail", "show", MAIL, "--json"])).ended(0).json()["subject"], "Welcome");
    let missing = run(admin_on(&database, &["mail", "show", ABSENT])).ended(3);
    assert!(missing.err.contains("admin mail list"), "{}", missing.err);
    run(admin_on(&database, &["mail", "list", "--to", "nobody"])).ended(2);
    let relayed = run(admin_on(&database, &["mail", "list", "--set", "mail.smtp_url=smtp://relay"])).ended(0);
    assert!(relayed.err.contains("mails are sent, and not kept"), "{}", relayed.err);
}
