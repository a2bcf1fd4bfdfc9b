//! Posters and trailers of films, over HTTP.

mod download;
mod error;
mod filter;
mod model;
mod route;

use std::cell::Cell;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use apierror::ApiError;
use auth::Caller;
use etag::EntityTag;
use mediabus::{Arrived, ContentType, NewMedium, QueryFilter, Upload};
use mux::{Collection, reply};
use request::{Empty, Id, Part, Query, Selection, Streamed};
use types::{MediaId, MovieId};

use crate::error::to_api;
use crate::filter::{LinkQuery, MediumQuery};
use crate::model::{File, Medium};

pub use crate::route::{Settings, routes};

/// What the handlers need.
struct App {
    db: sqldb::Db,
    movies: moviebus::Business,
    media: mediabus::Business,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    Id(movie_id): Id<MovieId>,
    mut body: Streamed<File>,
) -> Result<HttpResponse, ApiError> {
    let content_type = ContentType::restore(body.media_type());
    let upload = app.media.begin(NewMedium { movie_id, content_type }).await.map_err(to_api)?;
    let arrived = receive(upload, &mut body).await?;
    for (store, reason) in arrived.failures() {
        tracing::warn!(store, reason, "a store did not take a medium, and gets a copy later");
    }
    let link = app.media.links().sign(arrived.id()).await.map_err(to_api)?;
    let (keyed, added) = (body.keyed(arrived.sha256()), Cell::new(false));
    let answer = replay::once(&app.db, &caller, "POST /v1/movies/{id}/media", keyed, async |tx| {
        let medium = Medium::new(&app.media.with_tx(&tx).create(&arrived).await.map_err(to_api)?, &link);
        added.set(true);
        reply::located(&medium.url, reply::unkept(StatusCode::CREATED, &medium)?)
    })
    .await;
    if answer.is_ok() && added.get() {
        app.media.settle(arrived);
    } else {
        // An earlier attempt has added it, or nothing was added: what came now is not needed.
        arrived.abandon().await;
    }
    answer
}

async fn query(
    app: Data<App>,
    Id(movie_id): Id<MovieId>,
    Query(query): Query<MediumQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    app.movies.query_by_id(movie_id).await.map_err(error::movie_to_api)?;
    let MediumQuery { kind, list } = query;
    let filter = QueryFilter { movie_id, kind };
    let slice = app.media.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let mut items = Vec::with_capacity(slice.items.len());
    for medium in &slice.items {
        items.push(Medium::new(medium, &app.media.links().sign(medium.id).await.map_err(to_api)?));
    }
    reply::list(&Collection { items, next, total: slice.total }, &link)
}

async fn query_by_id(
    app: Data<App>,
    method: Method,
    Id(medium_id): Id<MediaId>,
    Query(LinkQuery(link)): Query<LinkQuery>,
    selection: Selection,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    // Before anything is looked up: who has no link learns nothing of what there is.
    app.media.links().check(medium_id, &link).await.map_err(to_api)?;
    let medium = app.media.query_by_id(medium_id).await.map_err(to_api)?;
    let tag = EntityTag::of_digest(medium.sha256.bytes());
    let (status, range) = match selection.of(&tag, medium.size) {
        Part::Known => return Ok(download::known(&tag)),
        Part::Outside => return Err(download::outside(medium.size)),
        Part::Whole => (StatusCode::OK, 0..medium.size),
        Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, range),
    };
    if method == Method::HEAD {
        return Ok(download::head(status, &medium, &tag, &range));
    }
    let reader = app.media.read(&medium, range.clone()).await.map_err(to_api)?;
    Ok(download::answer(status, &medium, &tag, &range, reader))
}

/// Hands the body on as it comes. Whatever goes wrong, nothing of it is ever seen.
async fn receive(mut upload: Upload, body: &mut Streamed<File>) -> Result<Arrived, ApiError> {
    let outcome = loop {
        let next = tokio::select! {
            next = body.next() => next,
            news = upload.news() => match upload.note(news).await {
                Ok(()) => continue,
                Err(error) => Err(to_api(error)),
            },
        };
        match next {
            Ok(Some(bytes)) => {
                if let Err(error) = upload.write(bytes).await {
                    break Err(refusal(error, body));
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    match outcome {
        Ok(()) => upload.finish().await.map_err(|error| refusal(error, body)),
        Err(error) => {
            upload.abandon().await;
            Err(error)
        }
    }
}

fn refusal(error: mediabus::Error, body: &Streamed<File>) -> ApiError {
    match error {
        mediabus::Error::Misnamed(_) => body.misnamed(),
        other => to_api(other),
    }
}
