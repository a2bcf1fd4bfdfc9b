//! Films over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::ApiError;
use auth::Caller;
use mux::{Collection, reply};
use request::{Empty, Id, Idempotent, IfMatch, MergePatch, OptionalIfMatch, Query};
use types::MovieId;

use crate::error::to_api;
use crate::filter::MovieQuery;
use crate::model::{Movie, NewMovie, UpdateMovie};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    movies: moviebus::Business,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    Idempotent { body, keyed }: Idempotent<NewMovie>,
) -> Result<HttpResponse, ApiError> {
    replay::once(&app.db, &caller, "POST /v1/movies", keyed, async |tx| {
        let movie = app.movies.with_tx(&tx).create(body.clone().into()).await.map_err(to_api)?;
        reply::created(&format!("/v1/movies/{}", movie.id), &Movie::from(&movie), movie.version)
    })
    .await
}

async fn update(
    app: Data<App>,
    Id(movie_id): Id<MovieId>,
    if_match: IfMatch,
    MergePatch(patch): MergePatch<UpdateMovie>,
) -> Result<HttpResponse, ApiError> {
    let movie = app.movies.query_by_id(movie_id).await.map_err(to_api)?;
    if_match.check(movie.version)?;
    let updated = app.movies.update(&movie, patch.of(&movie)?).await.map_err(to_api)?;
    reply::ok(&Movie::from(&updated), updated.version)
}

async fn delete(
    app: Data<App>,
    Id(movie_id): Id<MovieId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let movie = app.movies.query_by_id(movie_id).await.map_err(to_api)?;
    let expected = if_match.expect(movie.version)?;
    app.movies.delete(movie_id, expected).await.map_err(to_api)?;
    Ok(reply::no_content())
}

async fn query(app: Data<App>, Query(query): Query<MovieQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let MovieQuery { filter, list } = query;
    let slice = app.movies.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(Movie::from).collect();
    reply::list(&Collection { items, next, total: slice.total }, &link)
}

async fn query_by_id(app: Data<App>, Id(movie_id): Id<MovieId>, _: Empty) -> Result<HttpResponse, ApiError> {
    let movie = app.movies.query_by_id(movie_id).await.map_err(to_api)?;
    reply::ok(&Movie::from(&movie), movie.version)
}
