//! Places over HTTP, as locations to choose from.

pub(crate) mod model;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use apierror::ApiError;
use cinemabus::places::Business;
use mux::reply;
use request::{Empty, JsonOrForm, Query};

use crate::error::place_to_api;
use crate::location::model::{Locations, LocationsQuery, LocationsSearch};

/// What the handlers need.
pub(crate) struct App {
    pub(crate) places: Business,
}

pub(crate) async fn autocomplete(
    app: Data<App>,
    Query(query): Query<LocationsQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let found = app.places.search(&query.search, query.limit).await.map_err(place_to_api)?;
    reply::unkept(StatusCode::OK, &Locations::from(found))
}

pub(crate) async fn search(
    app: Data<App>,
    JsonOrForm(body): JsonOrForm<LocationsSearch>,
) -> Result<HttpResponse, ApiError> {
    let found = app.places.search(&body.search, body.limit).await.map_err(place_to_api)?;
    reply::unkept(StatusCode::OK, &Locations::from(found))
}
