//! A service with one route that takes its time. Its arguments are settings, as `web.drain=1s`.

mod smallest;

use std::process::ExitCode;
use std::time::Duration;

use actix_web::HttpResponse;
use auth::Permission;
use mux::{Routes, operation};

fn main() -> ExitCode {
    smallest::serve("idle", "Takes its time.", || {
        let slow = operation("slow", "Take a second").responds(200, "text/plain");
        Routes::new("idle", "Idle").get("/v1/slow", Permission::MoviesRead, slow, take_a_second)
    })
}

async fn take_a_second() -> HttpResponse {
    tokio::time::sleep(Duration::from_secs(1)).await;
    HttpResponse::Ok().body("slept")
}
