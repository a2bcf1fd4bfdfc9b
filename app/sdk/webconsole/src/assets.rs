//! The script and the style of the pages, embedded.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::{begin, nothing};

const PAGE: &[u8] = include_bytes!("../dist/index.html");
const SCRIPT: &[u8] = include_bytes!("../dist/assets/console.js");
const STYLE: &[u8] = include_bytes!("../dist/assets/console.css");

/// The one page; its script finds out which part of the path is meant.
pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    serve(&request, "text/html; charset=utf-8", PAGE)
}

pub(crate) async fn asset(request: HttpRequest, name: Path<String>) -> HttpResponse {
    match name.as_str() {
        "console.js" => serve(&request, "text/javascript; charset=utf-8", SCRIPT),
        "console.css" => serve(&request, "text/css; charset=utf-8", STYLE),
        _ => nothing().await,
    }
}

/// Serves a file that browsers keep, and ask for again whether it is still the same.
fn serve(request: &HttpRequest, content_type: &'static str, file: &'static [u8]) -> HttpResponse {
    let tag = mux::tag(file);
    let is_known = tag.to_str().is_ok_and(|tag| mux::is_known(request.headers(), tag));
    let mut answer = begin(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    // Weak: the bytes differ by the compression, the file does not.
    answer
        .insert_header((header::ETAG, format!("W/{}", tag.to_str().unwrap_or("\"0\""))))
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_known {
        return answer.finish();
    }
    answer.insert_header((header::CONTENT_TYPE, content_type)).body(file)
}
