//! The smallest service: one route that takes its time. Its arguments are settings, as `web.drain=1s`.

use std::process::ExitCode;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;
use apierror::ApiError;
use auth::{Caller, Permission};
use futures_util::future::LocalBoxFuture;
use mux::{About, Authenticate, Builder, Routes, operation};
use service::Parts;
use settings::{Flags, Sources};
use webconsole::Views;

struct Nobody;

impl Authenticate for Nobody {
    fn authenticate<'r>(&'r self, _: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        Box::pin(async { Ok(Caller::Anonymous) })
    }
}

fn main() -> ExitCode {
    let flags = Flags { set: std::env::args().skip(1).collect(), ..Flags::default() };
    let loaded = settings::load(&Sources { flags, environment: Vec::new(), dotenv: None });
    service::run("idle", env!("CARGO_PKG_VERSION"), loaded, async |start| {
        start.readiness.probe(|| Box::pin(async { Ok(()) })).await;
        let about = About {
            title: "Idle".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Takes its time.".into(),
            contact: ("Nobody".into(), "https://example.com/".into()),
        };
        let slow = operation("slow", "Take a second").responds(200, "text/plain");
        let routes = Routes::new("idle", "Idle").get("/v1/slow", Permission::MoviesRead, slow, take_a_second);
        let api = Builder::new(about, Nobody, mux::Settings::default()).routes(routes).build()?;
        Ok(Parts { api, mailbox: None, console: Views::default(), ready: Box::new(|_, _| ()), close: Box::new(|| ()) })
    })
}

async fn take_a_second() -> HttpResponse {
    tokio::time::sleep(Duration::from_secs(1)).await;
    HttpResponse::Ok().body("slept")
}
