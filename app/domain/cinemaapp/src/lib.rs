//! Where films are shown, over HTTP: cinemas, and the places that they are in.

mod error;
mod filter;
mod location;
mod model;
mod route;
mod seed;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::ApiError;
use auth::Caller;
use mux::{Collection, reply};
use request::{Empty, Id, Idempotent, IfMatch, MergePatch, OptionalIfMatch, Query};
use types::CinemaId;

use crate::error::to_api;
use crate::filter::CinemaQuery;
use crate::model::{Cinema, NewCinema, UpdateCinema};

pub use crate::route::{locations, routes};
pub use crate::seed::SEED;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    cinemas: cinemabus::Business,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    Idempotent { body, keyed }: Idempotent<NewCinema>,
) -> Result<HttpResponse, ApiError> {
    replay::once(&app.db, &caller, "POST /v1/cinemas", keyed, async |tx| {
        let cinema = app.cinemas.with_tx(&tx).create(body.clone().into()).await.map_err(to_api)?;
        reply::created(&format!("/v1/cinemas/{}", cinema.id), &Cinema::from(&cinema), cinema.version)
    })
    .await
}

async fn update(
    app: Data<App>,
    Id(cinema_id): Id<CinemaId>,
    if_match: IfMatch,
    MergePatch(patch): MergePatch<UpdateCinema>,
) -> Result<HttpResponse, ApiError> {
    let cinema = app.cinemas.query_by_id(cinema_id).await.map_err(to_api)?;
    if_match.check(cinema.version)?;
    let updated = app.cinemas.update(&cinema, patch.into()).await.map_err(to_api)?;
    reply::ok(&Cinema::from(&updated), updated.version)
}

async fn delete(
    app: Data<App>,
    Id(cinema_id): Id<CinemaId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let cinema = app.cinemas.query_by_id(cinema_id).await.map_err(to_api)?;
    let expected = if_match.expect(cinema.version)?;
    app.cinemas.delete(cinema_id, expected).await.map_err(to_api)?;
    Ok(reply::no_content())
}

async fn query(app: Data<App>, Query(query): Query<CinemaQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let CinemaQuery { filter, list } = query;
    let slice = app.cinemas.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(Cinema::from).collect();
    reply::list(&Collection { items, next, total: slice.total }, &link)
}

async fn query_by_id(app: Data<App>, Id(cinema_id): Id<CinemaId>, _: Empty) -> Result<HttpResponse, ApiError> {
    let cinema = app.cinemas.query_by_id(cinema_id).await.map_err(to_api)?;
    reply::ok(&Cinema::from(&cinema), cinema.version)
}
