//! Health, as an orchestrator sees it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use actix_web::http::header::HeaderMap;
use apierror::ApiError;
use auth::Caller;
use checkapp::App;
use futures_util::future::LocalBoxFuture;
use mux::{About, Authenticate, Builder, Settings};
use reqwest::Response;
use serde_json::{Value, json};
use service::{Listener, Options, Readiness, Running, Tasks, Unready};

struct Nobody;

impl Authenticate for Nobody {
    fn authenticate<'r>(&'r self, _: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        Box::pin(async { Ok(Caller::Anonymous) })
    }
}

/// A server that takes no other request at all: neither limits nor overload may touch health.
fn serve(readiness: Readiness) -> Running {
    let contact = ("Nobody".into(), "https://example.com/".into());
    let about = About { title: "Health".into(), version: "1".into(), description: "Health.".into(), contact };
    let app = App { readiness, version: "1.2.3", environment: "development" };
    let settings = Settings { max_in_flight: 0, ..Settings::default() };
    let api = Builder::new(about, Nobody, settings).routes(checkapp::routes(app)).build().unwrap();
    let listener = Listener::bind("test", "127.0.0.1:0".parse().unwrap()).unwrap();
    let second = Duration::from_secs(1);
    let options = Options { workers: NonZeroUsize::new(1), head_timeout: second, keep_alive: second, shutdown: second };
    service::serve("test", listener, &options, &Tasks::new(), move || api.app()).unwrap()
}

async fn get(server: &Running, path: &str) -> Response {
    reqwest::get(format!("http://{}{path}", server.address())).await.unwrap()
}

async fn refusal(answer: Response) -> Value {
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    answer.json::<Value>().await.unwrap()["detail"].clone()
}

#[tokio::test]
async fn a_process_is_live_from_the_start_and_ready_once_its_database_answers() {
    let readiness = Readiness::starting();
    let server = serve(readiness.clone());
    assert_eq!(get(&server, "/livez").await.json::<Value>().await.unwrap(), json!({"status": "live"}));
    assert_eq!(refusal(get(&server, "/readyz").await).await, "the service is starting");

    readiness.probe(|| Box::pin(async { Ok(()) })).await;
    let answer = get(&server, "/readyz").await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    let health: Value = get(&server, "/healthcheck").await.json().await.unwrap();
    assert_eq!(health, json!({"status": "ok", "version": "1.2.3", "environment": "development"}));

    readiness.drain();
    assert_eq!(refusal(get(&server, "/readyz").await).await, "the service is stopping");
    assert_eq!(get(&server, "/livez").await.status(), 200);
}

#[tokio::test]
async fn pending_migrations_are_told() {
    let readiness = Readiness::starting();
    readiness.probe(|| Box::pin(async { Err(Unready::MigrationsPending(2)) })).await;
    let server = serve(readiness);
    assert_eq!(refusal(get(&server, "/readyz").await).await, "the database lacks 2 migrations");
    let health: Value = get(&server, "/healthcheck").await.json().await.unwrap();
    assert_eq!(health["status"], "the database lacks 2 migrations");
}

#[tokio::test]
async fn readiness_is_told_in_time_when_the_database_hangs() {
    let readiness = Readiness::starting();
    readiness.probe(|| Box::pin(std::future::pending())).await;
    let server = serve(readiness);
    let asked = Instant::now();
    assert_eq!(refusal(get(&server, "/readyz").await).await, "the database does not answer");
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!(get(&server, "/livez").await.status(), 200);
}
