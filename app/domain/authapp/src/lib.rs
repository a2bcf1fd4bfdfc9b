//! Sign-in over HTTP.

mod error;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use apierror::ApiError;
use auth::Authenticator;
use mux::reply;
use request::{Empty, Json};

use crate::error::to_api;
use crate::model::{AccessToken, JwkSet, Login, Metadata};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    authenticator: Authenticator,
    users: userbus::Business,
}

/// How long a verifier may keep the keys: a new key should be published for that long before it signs.
const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");

async fn login(app: Data<App>, Json(login): Json<Login>) -> Result<HttpResponse, ApiError> {
    let user = app.users.authenticate(&login.email, &login.password).await.map_err(to_api)?;
    let token = app.authenticator.mint(&user).map_err(ApiError::internal)?;
    reply::unkept(StatusCode::CREATED, &AccessToken::from(&token))
}

async fn query_keys(app: Data<App>, _: Empty) -> Result<HttpResponse, ApiError> {
    public(reply::unkept(StatusCode::OK, &JwkSet::from(app.authenticator.keys().as_ref()))?)
}

async fn query_metadata(app: Data<App>, _: Empty) -> Result<HttpResponse, ApiError> {
    public(reply::unkept(StatusCode::OK, &Metadata::from(app.authenticator.settings()))?)
}

fn public(mut answer: HttpResponse) -> Result<HttpResponse, ApiError> {
    answer.headers_mut().insert(CACHE_CONTROL, FIVE_MINUTES);
    Ok(answer)
}
