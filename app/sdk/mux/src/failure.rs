//! Every answer of 400 and above as a problem document.

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use apierror::{ApiError, Code};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static(problem::MEDIA_TYPE);

/// Gives a failed answer its body, and the error it stands for, for the log.
///
/// An answer that carries an [`ApiError`] is that error. One that a handler has already written as a problem stays.
/// Anything else comes from the framework and says no more than its status code.
pub(crate) fn render(
    request: &HttpRequest,
    mut response: HttpResponse<BoxBody>,
    trace_id: &str,
) -> (HttpResponse<BoxBody>, ApiError) {
    let carried = response.extensions_mut().remove::<ApiError>();
    let error = carried.unwrap_or_else(|| ApiError::new(Code::from_status(response.status())));
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return (response, error);
    }
    let problem = error.problem(Some(request.path().to_owned()), Some(trace_id.to_owned()));
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = response.set_body(BoxBody::new(Bytes::from(body)));
    *response.status_mut() = error.code().status();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (response, error)
}
