//! `admin config`, and that no command shows a secret.

use crate::run::{admin, run};

#[test]
fn settings_are_shown_with_their_sources_and_without_their_secrets() {
    let mut command = admin(&["config", "show", "--json", "--set", "web.drain=1s"]);
    command.env("MARQUEE__MAIL__SMTP_URL", "smtps://mailer:canary-password@mail.example.com");
    let shown = run(command).ended(0).json();
    let find = |key: &str| shown.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap().clone();
    insta::assert_json_snapshot!([find("db.url"), find("web.drain"), find("mail.smtp_url"), find("auth.access_ttl")]);
}

#[test]
fn settings_read_as_a_table() {
    let table = run(admin(&["config", "show"])).ended(0).out;
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("KEY"));
    assert!(lines.any(|line| line.starts_with("web.api_host") && line.ends_with("default")), "{table}");
}

#[test]
fn no_command_shows_the_password_of_the_database() {
    let commands: [&[&str]; 11] = [
        &["config", "show"],
        &["config", "show", "--json"],
        &["config", "show", "--verbose", "--set", "db.url=postgres://u:canary-password@127.0.0.1:1/x"],
        &["config", "show", "--set", "db.url=canary-password"],
        &["config", "show", "--set", "db.urll=canary-password"],
        &["db", "url"],
        &["db", "url", "--json"],
        &["db", "psql", "--", "-c", "SELECT 1"],
        &["migrate", "up"],
        &["migrate", "verify", "--json"],
        &["import", "movies", "/dev/null"],
    ];
    for arguments in commands {
        let ran = run(admin(arguments));
        assert!(!ran.out.contains("canary") && !ran.err.contains("canary"), "{arguments:?}: {}{}", ran.out, ran.err);
    }
}
