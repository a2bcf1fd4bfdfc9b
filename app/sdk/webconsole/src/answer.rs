//! Answers of the console, and who may ask for a change.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::json;

use crate::Console;

/// The pages are a script and a style of this origin, and mails in frames of their own. uPlot and Preact set single properties
/// of style, which is no inline style.
pub(crate) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The field that a change has to carry, beside what the guard of the listener asks for: no form of another page sends it.
const INTENT: &str = "x-console";

/// Begins an answer, with the fields that all have.
pub(crate) fn begin(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("cross-origin-resource-policy", "same-origin"));
    answer
}

/// An answer that no cache keeps.
pub(crate) fn json(value: &impl Serialize) -> HttpResponse {
    begin(StatusCode::OK).insert_header((header::CACHE_CONTROL, "no-store")).json(value)
}

/// A refusal in words.
pub(crate) fn refuse(status: StatusCode, words: impl Into<String>) -> HttpResponse {
    begin(status).insert_header((header::CACHE_CONTROL, "no-store")).json(json!({ "error": words.into() }))
}

/// What a fault of the database comes to.
pub(crate) fn failure(error: &sqldb::Error) -> HttpResponse {
    match error {
        sqldb::Error::NotFound => refuse(StatusCode::NOT_FOUND, "it is not there any more"),
        sqldb::Error::Duplicate { .. } => refuse(StatusCode::CONFLICT, "another one of its kind has taken its place"),
        error => refuse(StatusCode::SERVICE_UNAVAILABLE, format!("the database: {error}")),
    }
}

pub(crate) async fn nothing() -> HttpResponse {
    refuse(StatusCode::NOT_FOUND, "there is nothing here")
}

/// Why this request may not change anything, if it may not.
pub(crate) fn refusal(console: &Console, request: &HttpRequest) -> Option<HttpResponse> {
    if !console.is_development() {
        let words = "the console changes nothing in production: `admin events` and `admin jobs` do";
        return Some(refuse(StatusCode::FORBIDDEN, words));
    }
    if !request.headers().contains_key(INTENT) {
        return Some(refuse(StatusCode::FORBIDDEN, "a change is asked for by the console's own pages, with X-Console"));
    }
    None
}
