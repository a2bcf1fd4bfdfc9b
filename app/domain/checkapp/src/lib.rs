//! Liveness, readiness, health over HTTP.

mod model;
mod route;

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use apierror::ApiError;
use mux::reply;

use crate::model::{Health, State};

pub use crate::route::{App, routes};

/// When a process that is not ready may be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The process runs. It asks nobody else: a database that is away is no reason to kill a process.
async fn livez() -> Result<HttpResponse, ApiError> {
    reply::unkept(StatusCode::OK, &State::live())
}

async fn readyz(app: Data<App>) -> Result<HttpResponse, ApiError> {
    match app.readiness.check().await {
        Ok(()) => reply::unkept(StatusCode::OK, &State::ready()),
        Err(unready) => Err(ApiError::unavailable(RETRY_AFTER).with_detail(unready.to_string())),
    }
}

async fn healthcheck(app: Data<App>) -> Result<HttpResponse, ApiError> {
    let readiness = app.readiness.check().await;
    reply::unkept(StatusCode::OK, &Health::new(readiness, app.version, app.environment))
}
