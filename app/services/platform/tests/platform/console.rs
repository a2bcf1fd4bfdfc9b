//! The console over HTTP: what it tells of real requests, and who may change something by it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use types::Role;

use crate::answer::{get, post, request, send};
use crate::process::{PATIENCE, Process, Setup, eventually};
use crate::shop::{Shop, add_film};

const PASSWORD: &str = "a horse of another colour";

const DEBUG_TOKEN: &str = "planted-token-of-32-characters-or-more";

/// A job that was given up. Its kind does not matter: nobody here does it.
const DEAD_JOB: &str = "
    INSERT INTO jobs (job_id, name, lane, payload, attempt, attempts, dead_at, last_error)
    VALUES ('0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f', 'tests.nobody', 'default', '{\"to\": \"ada@example.com\"}', 10, 10,
        now(), 'the relay is away')";
const DEAD_JOB_ID: &str = "0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f";

async fn development(shop: &Shop) -> Process {
    shop.user("first@example.com", PASSWORD, Role::Customer).await;
    Setup::new().with("db.url", shop.database.url()).with("web.debug_token", DEBUG_TOKEN).ready().await
}

fn api(process: &Process, path: &str) -> String {
    format!("{}/console/api{path}", process.debug)
}

/// What the console knows of the newest request to `target`.
async fn trace_of(process: &Process, target: &str) -> Value {
    let found = get(api(process, &format!("/requests?q={target}"))).await.json();
    let line = found["requests"].as_array().unwrap().iter().find(|line| line["target"] == target).cloned();
    let trace_id = line.unwrap_or_else(|| panic!("{target}: {found}"))["trace_id"].as_str().unwrap().to_owned();
    get(api(process, &format!("/traces/{trace_id}"))).await.json()
}

/// Its statements.
fn statements(part: &Value) -> Vec<&Value> {
    part["notes"].as_array().unwrap().iter().filter(|note| note["kind"] == "sql").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_with_every_statement_its_rows_and_its_time_and_the_slow_ones_stand_out() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    add_film(&process, &shop.editor().await, "Stalker").await;
    let lock = shop.lock_films().await;
    let (slow, ()) = tokio::join!(get(format!("{}/v1/movies?sort=year", process.url)), async {
        shop.wait_for_blocked(1).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        tokio::task::block_in_place(|| drop(lock));
    });
    assert_eq!(slow.status, 200, "{slow:?}");

    // In production one of a hundred is kept, and all that were slow.
    let found = get(api(&process, "/requests?at_least=500&route=GET%20/v1/movies")).await.json();
    let line = &found["requests"][0];
    assert_eq!((&line["target"], &line["status"]), (&json!("/v1/movies?sort=year"), &json!(200)), "{found}");
    assert_eq!(Some(line["trace_id"].as_str().unwrap()), slow.header("x-request-id"));
    let trace = get(api(&process, &format!("/traces/{}", line["trace_id"].as_str().unwrap()))).await.json();
    let told = statements(&trace["parts"][0]);
    let longest = told.iter().max_by(|a, b| a["took"].as_f64().unwrap().total_cmp(&b["took"].as_f64().unwrap()));
    let longest = longest.unwrap();
    assert!(longest["sql"].as_str().unwrap().contains("FROM movies"), "{longest}");
    assert!(longest["took"].as_f64().unwrap() >= 500.0 && longest["rows"] == 1, "{longest}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_told_with_its_job_its_mail_is_read_and_no_secret_is_in_any_of_it() {
    let shop = Shop::new().await;
    let process = development(&shop).await;
    let token = shop.editor().await;
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD });
    // Of the keys of others: it is refused, and a secret all the same.
    let refused = post(format!("{}/v1/users?key=planted-query", process.url), &token, &body).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let answer = send(request(Method::POST, format!("{}/v1/users", process.url)).json(&body)).await;
    assert_eq!(answer.status, 202, "{answer:?}");

    let parts = eventually(PATIENCE, async || {
        let trace = trace_of(&process, "/v1/users").await;
        let parts = trace["parts"].as_array().unwrap().clone();
        (parts.len() > 1).then_some(parts)
    });
    let parts = parts.await.expect("the job belongs to the trace of the request");
    assert_eq!((&parts[0]["kind"], &parts[1]["kind"]), (&json!("request"), &json!("task")));
    assert_eq!(parts[1]["name"], "users.activation_mail");
    assert!(statements(&parts[0]).iter().any(|note| note["sql"].as_str().unwrap().contains("INSERT INTO users")));
    assert!(parts[0]["has_credentials"] == false && parts[0]["has_body"] == true);
    let refused = trace_of(&process, "/v1/users?key=***").await;
    assert_eq!((&refused["parts"][0]["status"], &refused["parts"][0]["has_credentials"]), (&json!(401), &json!(true)));

    let mails = get(api(&process, "/mails")).await.json();
    let mail = get(api(&process, &format!("/mails/{}", mails["mails"][0]["id"].as_str().unwrap()))).await.json();
    assert_eq!(mail["to"], "ada@example.com");
    let activation = mail["text"].as_str().unwrap().split("\"token\": \"").nth(1).unwrap().split('"').next().unwrap();

    let mut told = String::new();
    for path in ["/home", "/requests", "/charts", "/routes", "/background"] {
        told.push_str(&get(api(&process, path)).await.body);
    }
    told.push_str(&format!("{parts:?} {refused}"));
    for secret in [token.as_str(), PASSWORD, DEBUG_TOKEN, activation, "planted-query", "ada@example.com"] {
        assert!(!told.contains(secret), "{secret}");
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_has_limits_migrations_settings_and_what_went_wrong() {
    let shop = Shop::new().await;
    let process = development(&shop).await;
    let home = eventually(PATIENCE, async || {
        let home = get(api(&process, "/home")).await.json();
        (home["limits"].as_array().unwrap().len() >= 4).then_some(home)
    });
    let home = home.await.expect("the limits come with the first look at the metrics");
    assert_eq!((&home["service"], &home["environment"]), (&json!("platform"), &json!("development")));
    assert_eq!(
        (&home["is_ready"], &home["writable"], &home["api_url"]),
        (&json!(true), &json!(true), &json!(process.url))
    );
    let limit = |name: &str| home["limits"].as_array().unwrap().iter().find(|limit| limit["name"] == name).cloned();
    assert_eq!(limit("database connections in use").unwrap()["max"], 4.0);
    assert!(limit("open files").unwrap()["used"].as_f64().unwrap() > 10.0);
    assert!(home["migrations"].as_array().unwrap().iter().all(|one| one["state"] == "applied"));
    let setting =
        |key: &str| home["settings"].as_array().unwrap().iter().find(|one| one["key"] == key).cloned().unwrap();
    assert_eq!(
        setting("web.drain"),
        json!({
            "key": "web.drain", "value": "\"50ms\"", "source": "environment MARQUEE__WEB__DRAIN",
        })
    );
    assert_eq!(setting("web.shutdown")["source"], "default");

    // A statement that fails on the server's side is a 500 with its cause in the log, and a line here that leads to it.
    dbtest::server().query(shop.database.name(), "ALTER TABLE movies RENAME COLUMN stock TO gone").unwrap();
    let broken = get(format!("{}/v1/movies", process.url)).await.assert_problem(500);
    let home = get(api(&process, "/home")).await.json();
    let problem = &home["problems"][0];
    assert_eq!((&problem["level"], &problem["within"]), (&json!("ERROR"), &json!("GET /v1/movies")), "{home}");
    assert_eq!(problem["trace_id"], broken["trace_id"]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_tried_again_from_the_console_and_in_production_from_nowhere_but_the_command_line() {
    let shop = Shop::new().await;
    dbtest::server().query(shop.database.name(), DEAD_JOB).unwrap();
    let change = |process: &Process, what: &str, is_meant: bool| {
        let asked = request(Method::POST, api(process, &format!("/jobs/{DEAD_JOB_ID}/{what}")));
        send(if is_meant { asked.header("x-console", "1") } else { asked })
    };

    let production = shop.setup().ready().await;
    let standing = get(api(&production, "/background")).await.json();
    assert_eq!(standing["jobs"][0]["error"], "the relay is away", "{standing}");
    assert_eq!(standing["jobs"][0]["payload"], Value::Null, "it may hold an address");
    for what in ["retry", "drop"] {
        assert_eq!(change(&production, what, true).await.status, 403);
    }
    assert_eq!(get(api(&production, "/home")).await.json()["writable"], false);
    assert_eq!(get(api(&production, "/mails")).await.json(), json!({ "kept": false, "mails": [] }));
    production.stop().await;

    let process = development(&shop).await;
    assert_eq!(change(&process, "retry", false).await.status, 403, "no page of another site sends the field");
    let foreign = request(Method::POST, api(&process, &format!("/jobs/{DEAD_JOB_ID}/retry")));
    let foreign = send(foreign.header("x-console", "1").header("origin", "http://evil.example")).await;
    assert_eq!(foreign.status, 403, "{foreign:?}");
    let standing = get(api(&process, "/background")).await.json();
    assert_eq!((&standing["jobs"][0]["state"], &standing["lanes"][0]["dead"]), (&json!("dead"), &json!(1)));

    assert_eq!(change(&process, "retry", true).await.json(), json!({ "done": "retried" }));
    let logged = process.logged("a job was changed from the console").await;
    assert_eq!((&logged["job_id"], &logged["done"]), (&json!(DEAD_JOB_ID), &json!("retried")));
    let standing = get(api(&process, "/background")).await.json();
    assert_ne!(standing["jobs"][0]["state"], "dead", "{standing}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_embedded_kept_by_browsers_and_load_nothing_from_elsewhere() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    for path in ["", "/", "/requests/0af7651916cd43dd8448eb211c80319c", "/charts?route=a"] {
        let page = get(format!("{}/console{path}", process.debug)).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{page:?}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    }
    for name in ["console.js", "console.css"] {
        let url = format!("{}/console/assets/{name}", process.debug);
        let asset = send(request(Method::GET, &url).header("accept-encoding", "gzip")).await;
        assert_eq!((asset.status, asset.header("content-encoding")), (200, Some("gzip")), "{name}");
        let tag = asset.header("etag").unwrap();
        let again = send(request(Method::GET, &url).header("if-none-match", tag)).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{name}");
    }
    assert_eq!(get(format!("{}/console/assets/else.js", process.debug)).await.status, 404);
    assert_eq!(get(api(&process, "/nothing")).await.status, 404);
    assert_eq!(get(api(&process, "/traces/0af7651916cd43dd8448eb211c80319c")).await.status, 404);
    assert_eq!(get(format!("{}/console", process.url)).await.status, 404, "the public listener has none");
    process.stop().await;
}
