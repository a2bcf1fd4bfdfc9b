//! Sales over HTTP.

mod error;
mod filter;
mod model;
mod route;
mod sheet;

use std::mem;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse};
use apierror::ApiError;
use mux::{Chunks, Collection, Downloads, preferred, reply};
use request::{Empty, Query};

use crate::error::{Stop, to_api};
use crate::filter::{DownloadQuery, SaleQuery, TotalQuery};
use crate::model::{Sale, SaleTotal};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    sales: salesview::Business,
    downloads: Downloads,
}

/// What a list comes in, the one that is preferred first.
const MEDIA_TYPES: [&str; 2] = ["application/json", CSV];

const CSV: &str = "text/csv";

async fn query(app: Data<App>, request: HttpRequest, _: Empty) -> Result<HttpResponse, ApiError> {
    let mut answer = match preferred(request.headers(), &MEDIA_TYPES) {
        CSV => download(&app, &request).await?,
        _ => list(&app, Query::extract(&request).await?).await?,
    };
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    // It tells of persons, as accounts do.
    Ok(reply::unstored(answer))
}

async fn list(app: &App, Query(query): Query<SaleQuery>) -> Result<HttpResponse, ApiError> {
    let SaleQuery { filter, list } = query;
    let slice = app.sales.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.into_iter().map(Sale::from).collect();
    reply::list(&Collection { items, next, total: slice.total }, &link)
}

async fn download(app: &App, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let Query(DownloadQuery { filter, order_by }) = Query::extract(request).await?;
    let (sales, limit) = (app.sales.clone(), app.downloads.limit());
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"sales.csv\""))
        .insert_header((header::LINK, format!("<{}>; rel=\"alternate\"; type=\"application/json\"", request.uri())));
    let make = |chunks: Chunks| async move {
        let (chunks, mut first) = (Arc::new(chunks), true);
        let take = |sold: Vec<salesview::Sale>| {
            let (chunks, is_first) = (Arc::clone(&chunks), mem::take(&mut first));
            async move { Ok(chunks.send(sheet::rows(&sold, is_first)?).await?) }
        };
        match sales.export(&filter, order_by, limit, take).await {
            Ok(()) | Err(Stop::Gone) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    };
    app.downloads.start(answer, make).await
}

async fn totals(app: Data<App>, Query(query): Query<TotalQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let TotalQuery { by, filter, list } = query;
    let slice = app.sales.totals(by, &filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.into_iter().map(SaleTotal::from).collect();
    reply::list(&Collection { items, next, total: slice.total }, &link).map(reply::unstored)
}
