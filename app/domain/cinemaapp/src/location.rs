//! Places over HTTP, as locations to choose from.

mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use apierror::ApiError;
use cinemabus::places::Business;
use mux::reply;
use request::{Empty, JsonOrForm, Query};

use crate::error::place_to_api;
use crate::location::model::{Locations, LocationsQuery, LocationsSearch};

pub use crate::location::route::locations;

/// What the handlers need.
struct App {
    places: Business,
}

async fn autocomplete(app: Data<App>, Query(query): Query<LocationsQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let found = app.places.search(&query.search, query.limit).await.map_err(place_to_api)?;
    reply::unkept(StatusCode::OK, &Locations::from(found))
}

async fn search(app: Data<App>, JsonOrForm(body): JsonOrForm<LocationsSearch>) -> Result<HttpResponse, ApiError> {
    let found = app.places.search(&body.search, body.limit).await.map_err(place_to_api)?;
    reply::unkept(StatusCode::OK, &Locations::from(found))
}
