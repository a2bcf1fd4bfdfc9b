//! Audits over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use apierror::ApiError;
use auditbus::AuditId;
use mux::{Collection, reply};
use request::{Empty, Id, Query};

use crate::error::to_api;
use crate::filter::AuditQuery;
use crate::model::Audit;

pub use crate::route::routes;

/// What the handlers need.
struct App {
    audits: auditbus::Business,
}

async fn query(app: Data<App>, Query(query): Query<AuditQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let AuditQuery { filter, list } = query;
    let slice = app.audits.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.into_iter().map(Audit::from).collect();
    let mut answer = reply::list(&Collection { items, next, total: slice.total }, &link)?;
    // They tell of persons, as accounts do.
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

async fn query_by_id(app: Data<App>, Id(audit_id): Id<AuditId>, _: Empty) -> Result<HttpResponse, ApiError> {
    let audit = app.audits.query_by_id(audit_id).await.map_err(to_api)?;
    reply::unkept(StatusCode::OK, &Audit::from(audit))
}
