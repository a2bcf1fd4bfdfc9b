//! Mails, from the request that asks for one to the mailbox of a developer, and to relays that do not play along.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::HOST;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{get, request, send};
use crate::process::{PATIENCE, Process, Setup, eventually};
use crate::shop::Shop;

const PASSWORD: &str = "a horse of another colour";

/// A development process on the shop's database, which is not empty and so not seeded.
async fn development(shop: &Shop) -> Process {
    shop.user("first@example.com", PASSWORD, Role::Customer).await;
    Setup::new().with("db.url", shop.database.url()).ready().await
}

async fn register(process: &Process, email: &str) {
    let body = json!({ "name": "Ada Lovelace", "email": email, "password": PASSWORD });
    let answer = send(request(Method::POST, format!("{}/v1/users", process.url)).json(&body)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

/// What the database says, in one word.
fn one(shop: &Shop, sql: &str) -> String {
    dbtest::server().query(shop.database.name(), sql).unwrap()[0][0].clone().unwrap_or_default()
}

/// What follows `before` in a text, up to one of `ends`.
fn after<'a>(text: &'a str, before: &str, ends: &[char]) -> Option<&'a str> {
    text.split_once(before)?.1.split(ends).next()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_mailed_and_shown_and_its_token_activates_the_account() {
    let shop = Shop::new().await;
    let process = development(&shop).await;
    let mailbox = format!("{}/mail", process.debug);
    assert!(process.stderr().contains(&mailbox), "the welcome names it: {}", process.stderr());
    let empty = get(&mailbox).await;
    assert!(empty.status == 200 && empty.body.contains("No mail yet"), "{empty:?}");

    register(&process, "ada@example.com").await;
    let shown = eventually(PATIENCE, async || {
        let list = get(&mailbox).await;
        let path = after(&list.body, "href=\"/mail/", &['"'])?.to_owned();
        Some((list, path))
    });
    let (list, mail_id) = shown.await.expect("it is mailed");
    assert!(list.body.contains("ada@example.com"), "{list:?}");
    let mail = get(format!("{mailbox}/{mail_id}")).await;
    let token = after(&mail.body, "&quot;token&quot;: &quot;", &['&']).expect("it holds the token");
    let activate = request(Method::POST, format!("{}/v1/users/activation", process.url));
    let answer = send(activate.json(&json!({ "token": token }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let login = request(Method::POST, format!("{}/v1/auth/login", process.url));
    let answer = send(login.json(&json!({ "email": "ada@example.com", "password": PASSWORD }))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_shown_without_any_power_over_its_reader() {
    let shop = Shop::new().await;
    let process = development(&shop).await;
    let hostile = "INSERT INTO mails (mail_id, to_address, subject, text, html) VALUES (
        '01900000-0000-7000-8000-000000000001', 'ada@example.com', '<script>alert(1)</script>',
        '</pre><script>alert(2)</script>', '<script>alert(3)</script><p>Hello</p>')";
    shop.database.execute(hostile).await;
    let mailbox = format!("{}/mail", process.debug);
    let mail = format!("{mailbox}/01900000-0000-7000-8000-000000000001");
    let text = get(format!("{mail}/text")).await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"), "{text:?}");
    assert_eq!(text.body, "</pre><script>alert(2)</script>");
    for page in [&mailbox, &mail] {
        let answer = get(page).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("<script>"), "{answer:?}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert!(get(&mail).await.body.contains("<iframe sandbox src="), "without scripts, forms, an origin");
    let html = get(format!("{mail}/html")).await;
    assert!(html.body.contains("<p>Hello</p>"), "{html:?}");
    let policy = html.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; sandbox") && policy.contains("default-src 'none'"), "{policy}");

    // A name that somebody else owns may point to this machine.
    for page in [&mailbox, &mail] {
        let rebound = send(request(Method::GET, page).header(HOST, "rebound.example:3010")).await;
        assert_eq!(rebound.status, 403, "{rebound:?}");
    }
    for missing in ["01900000-0000-7000-8000-000000000002", "x", "%00", "..%2f.."] {
        assert_eq!(get(format!("{mailbox}/{missing}")).await.status, 404, "{missing}");
    }
    process.stop().await;
}

#[test]
fn production_refuses_to_start_without_a_relay_a_sender_a_place_for_links_and_one_for_media_and_tells_all_at_once() {
    for (setup, has_media) in [(Setup::new(), true), (Setup::new().of(apitest::program("accounts")), false)] {
        let output = setup.with("env", "production").with("events.nats_url", "nats://marquee@broker").output();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains(if has_media { "5 settings are wrong" } else { "4 settings are wrong" }), "{told}");
        assert_eq!(told.contains("media.stores = [] (default): expected at least one store"), has_media, "{told}");
        assert!(told.contains("auth.issuer = \"http://127.0.0.1:3000\" (default): expected the public URL"), "{told}");
        assert!(
            told.contains("events.nats_url = ") && told.contains("expected nats://host:4222, or nats://user"),
            "{told}"
        );
        assert!(told.contains("mail.from = \"Marquee <no-reply@marquee.example>\" (default)"), "{told}");
        assert!(told.contains("mail.smtp_url = \"\" (default): expected a relay in production"), "{told}");
    }
}

#[test]
fn a_relay_or_a_sender_that_cannot_be_used_is_a_wrong_setting_and_not_repeated() {
    let setup = Setup::new().with("mail.smtp_url", "smtp://app:hunter2@relay.example.com").with("mail.from", "Marquee");
    let output = setup.output();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{told}");
    assert!(told.contains("mail.from = \"Marquee\"") && told.contains("expected a mail address"), "{told}");
    assert!(told.contains("mail.smtp_url") && told.contains("since it has a password"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

/// It accepts connections, and says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_hangs_slows_nothing_and_loses_nothing() {
    const PEOPLE: usize = 12;
    let shop = Shop::new().await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!("smtp://{}", silent.local_addr().unwrap());
    let setup = shop.setup().with("mail.smtp_url", relay).with("limits.enabled", "false");
    let process = setup.ready().await;
    // What it takes with no mail on its way.
    let quick = quickest(&process).await;
    for n in 0..PEOPLE {
        register(&process, &format!("person{n}@example.com")).await;
    }
    let running = "SELECT count(*)::text FROM jobs WHERE runner IS NOT NULL AND lane = 'mail'";
    let is_full = eventually(PATIENCE, async || (one(&shop, running) == "8").then_some(()));
    assert!(is_full.await.is_some(), "as many as may be are on their way: {}", one(&shop, running));

    let now = quickest(&process).await;
    assert!(now < quick * 10 + Duration::from_millis(500), "{now:?} instead of {quick:?}");
    // Another lane goes on.
    shop.database.execute("UPDATE job_schedules SET next_at = now() WHERE name = 'idempotency.sweep'").await;
    let swept = "SELECT (SELECT next_at > now() FROM job_schedules WHERE name = 'idempotency.sweep')
        AND NOT EXISTS (SELECT FROM jobs WHERE name = 'idempotency.sweep')";
    let goes_on = eventually(Duration::from_secs(10), async || (one(&shop, swept) == "t").then_some(()));
    assert!(goes_on.await.is_some(), "the sweep is held up");
    let is_counted = eventually(PATIENCE, async || {
        let metrics = get(format!("{}/metrics", process.debug)).await.body;
        metrics.contains("jobs_done_total{name=\"idempotency.sweep\"}").then_some(())
    });
    assert!(is_counted.await.is_some());

    let stopping = Instant::now();
    process.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(15), "{:?}", stopping.elapsed());
    assert_eq!(one(&shop, "SELECT count(*)::text FROM jobs WHERE lane = 'mail'"), PEOPLE.to_string());
    assert_eq!(one(&shop, running), "0", "they are free for the next process");
}

/// The best of some reads.
async fn quickest(process: &Process) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        assert_eq!(get(format!("{}/v1/movies", process.url)).await.status, 200);
        best = best.min(start.elapsed());
    }
    best
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_job_under_way_shows_in_the_log_under_the_trace_of_its_request() {
    let shop = Shop::new().await;
    let silent = shop.setup().with("telemetry.log_filter", "info,assembly=debug").with("limits.enabled", "false");
    let process = silent.ready().await;
    let body = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let traced = request(Method::POST, format!("{}/v1/users", process.url))
        .header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-01"))
        .json(&body);
    assert_eq!(send(traced).await.status, 202);
    // Nobody listens at the relay's port.
    let failed = process.logged("job failed").await;
    assert_eq!(failed["trace_id"], Value::from(trace_id), "{failed}");
    assert_eq!(failed["task"], "users.activation_mail", "{failed}");
    assert!(!failed.to_string().contains("ada@"), "{failed}");
    process.stop().await;
}
