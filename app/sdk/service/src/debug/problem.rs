//! Refusals of the debug listener, as problem documents.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError as _};
use apierror::ApiError;

/// The answer that an error is, to a request for `path`.
pub(crate) fn answer(error: &ApiError, path: &str) -> HttpResponse {
    let mut response = error.error_response();
    let problem = error.problem(Some(path.to_owned()), None);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.set_body(actix_web::body::BoxBody::new(serde_json::to_vec(&problem).unwrap_or_default()))
}
