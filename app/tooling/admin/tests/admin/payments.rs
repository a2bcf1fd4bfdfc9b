//! `admin payments`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use dbtest::Database;
use serde_json::json;

use crate::run::{admin_on, run};

/// The provider that charges nobody, as a program of its own.
struct Provider {
    program: Child,
    url: String,
}

impl Provider {
    fn start() -> Self {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_admin")).with_file_name("cardsim");
        if !program.exists() {
            let build = Command::new(env!("CARGO")).args(["build", "--bin", "cardsim"]).status().unwrap();
            assert!(build.success());
        }
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let arguments = ["--listen", "127.0.0.1:0", "--key", "key", "--secret", secret];
        let mut program = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("cardsim: ready on ").unwrap().to_owned();
        Self { program, url }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn reconcile(database: &Database, provider: &Provider, further: &[&str]) -> Command {
    let arguments = [&["payments", "reconcile"], further].concat();
    let mut command = admin_on(database, &arguments);
    command.env("MARQUEE__PAYMENTS__PROVIDER_URL", &provider.url).env("MARQUEE__PAYMENTS__PROVIDER_KEY", "key");
    command
}

#[tokio::test]
async fn books_that_fit_are_added_up_and_what_does_not_fit_is_named() {
    let (database, provider) = (Database::new().await, Provider::start());
    let empty = run(reconcile(&database, &provider, &[])).ended(0);
    assert_eq!(empty.out, "nothing was ever booked\n");
    assert_eq!(empty.err, "0 charges, 0 payments by card, 0 settled, 0 do not fit\n");
    database
        .execute(
            "INSERT INTO payments (payment_id, owner_id, method, amount, currency, status, charge_id, version, created_at, updated_at)
            VALUES ('01900000-0000-7000-8000-000000000001', gen_random_uuid(), 'card', 500, 'USD', 'succeeded', 'ch_gone', 1,
                now() - interval '2 hours', now())",
        )
        .await;
    let found = run(reconcile(&database, &provider, &["--json"])).ended(7);
    let finding = json!({
        "payment_id": "01900000-0000-7000-8000-000000000001", "charge_id": "ch_gone",
        "fault": "booked here, and not charged by the provider",
    });
    assert_eq!(found.json()["findings"], json!([finding]));
    assert!(found.err.contains("0 charges, 1 payments by card, 0 settled, 1 do not fit"), "{}", found.err);
    let before = run(reconcile(&database, &provider, &["--from", "1h"])).ended(0);
    assert!(before.err.contains("0 payments"), "the period is heeded: {}", before.err);
    run(reconcile(&database, &provider, &["--from", "0s", "--to", "1h"])).ended(2);
}

#[tokio::test]
async fn without_a_provider_the_ledger_alone_is_added_up() {
    let (database, provider) = (Database::new().await, Provider::start());
    let unset = run(admin_on(&database, &["payments", "reconcile"])).ended(0);
    assert!(unset.err.contains("payments.provider_url") && !unset.err.contains("charges"), "{}", unset.err);
    let mut stranger = reconcile(&database, &provider, &[]);
    stranger.env("MARQUEE__PAYMENTS__PROVIDER_KEY", "another");
    let refused = run(stranger).ended(69);
    assert!(refused.err.contains("401"), "{}", refused.err);
    let mut away = reconcile(&database, &provider, &[]);
    away.env("MARQUEE__PAYMENTS__PROVIDER_URL", "http://127.0.0.1:1");
    let away = run(away).ended(69);
    assert!(away.err.contains("provider"), "{}", away.err);
}
