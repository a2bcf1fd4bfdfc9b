//! What a request costs before and after its handler: `cargo run --release -p mux --example cost`.
//!
//! The same handler in a bare application and behind everything, without sockets, on one thread.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpResponse, web};
use apierror::ApiError;
use auth::{Caller, Permission, Principal};
use futures_util::future::LocalBoxFuture;
use mux::{About, Authenticate, Builder, Quota, Routes, Settings, operation, reply};
use serde::Serialize;
use telemetry::{Format, Options, Output};
use types::{Role, UserId, Version};
use utoipa::ToSchema;
use uuid::Uuid;

const REQUESTS: u32 = 200_000;

struct Known;

impl Authenticate for Known {
    fn authenticate<'r>(&'r self, _: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        let user_id = UserId::restore(Uuid::from_u128(7));
        let roles = [Role::Editor].into_iter().collect();
        Box::pin(async move { Ok(Caller::User(Principal { user_id, roles, token_id: Uuid::nil(), session_id: None })) })
    }
}

#[derive(Serialize, ToSchema)]
struct Thing {
    name: &'static str,
}

async fn bare() -> HttpResponse {
    HttpResponse::Ok().json(Thing { name: "a" })
}

async fn full() -> Result<HttpResponse, ApiError> {
    reply::ok(&Thing { name: "a" }, Version::FIRST)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let telemetry = telemetry::start(Options {
        service_name: "cost".into(),
        service_version: "0".into(),
        environment: "development".into(),
        format: Format::Json,
        filter: "info".into(),
        output: Output::Writer(Box::new(std::io::sink())),
        otlp_endpoint: None,
        sample_ratio: 0.05,
        keep: std::env::args().any(|argument| argument == "keep").then_some(telemetry::recorder::Keep::SAMPLE),
    })
    .map_err(std::io::Error::other)?;

    let plain = init_service(App::new().route("/v1/things/{id}", web::get().to(bare))).await;
    let plain = measure(&plain).await;

    let contact = (String::new(), String::new());
    let about = About { title: String::new(), version: String::new(), description: String::new(), contact };
    let many = NonZeroU32::MAX;
    let quota = Some(Quota { per_second: NonZeroU32::new(1_000_000_000).unwrap_or(many), burst: many });
    let read = operation("read", "Read").responds_json::<Thing>(200).tagged();
    let routes = Routes::new("a", "a").get("/v1/things/{id}", Permission::MoviesRead, read, full);
    let api = Builder::new(about, Known, Settings { quota, ..Settings::default() })
        .routes(routes)
        .build()
        .map_err(std::io::Error::other)?;
    let full = init_service(api.app()).await;
    let full = measure(&full).await;
    // The log is written by a thread of its own, which is no part of these times.
    let report = format!("bare {plain:?}, all layers {full:?}, difference {:?}\n", full.saturating_sub(plain));
    drop(telemetry);
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())
}

/// The mean time of a request.
async fn measure<S, B>(service: &S) -> Duration
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let mut begun = Instant::now();
    for number in 0..REQUESTS + REQUESTS / 10 {
        if number == REQUESTS / 10 {
            // So far it was warming up.
            begun = Instant::now();
        }
        let request = TestRequest::get()
            .uri("/v1/things/0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f")
            .insert_header(("host", "localhost"))
            .insert_header(("authorization", "Bearer x"))
            .insert_header(("accept", "application/json"))
            .insert_header(("user-agent", "cost"))
            .to_request();
        if service.call(request).await.is_ok_and(|answer| answer.status() != 200) {
            return Duration::MAX;
        }
    }
    begun.elapsed() / REQUESTS
}
