//! Good answers, with the header fields that belong to them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use apierror::ApiError;
use serde::Serialize;
use types::Version;
use utoipa::ToSchema;

/// A client may keep it, and asks each time whether it is still the current version.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Nobody may keep it.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collection<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
    /// How many items there are in all, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// 200 with a representation and its version. A client that has this version gets 304 instead, from the boundary.
pub fn ok<T: Serialize>(body: &T, version: Version) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ETAG, etag(version))).insert_header((header::CACHE_CONTROL, PRIVATE));
    write(&mut answer, body)
}

/// 201 with the new resource's path, representation and version.
pub fn created<T: Serialize>(location: &str, body: &T, version: Version) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Created();
    answer
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, etag(version)))
        .insert_header((header::CACHE_CONTROL, PRIVATE));
    write(&mut answer, body)
}

/// 204.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// A representation without a version, which nobody may keep: tokens, accounts, states of health.
pub fn unkept<T: Serialize>(status: StatusCode, body: &T) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CACHE_CONTROL, NO_STORE));
    write(&mut answer, body)
}

/// 200 with one page of a list, and the way to the other pages in `Link` (RFC 8288), as
/// `request::Continuation::link` writes it.
pub fn list<T: Serialize>(page: &Collection<T>, link: &str) -> Result<HttpResponse, ApiError> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, PRIVATE)).insert_header((header::LINK, link));
    write(&mut answer, page)
}

/// The strong entity tag of a version.
pub fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

fn write<T: Serialize>(answer: &mut HttpResponseBuilder, body: &T) -> Result<HttpResponse, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(answer.insert_header((header::CONTENT_TYPE, JSON)).body(Bytes::from(bytes)))
}
