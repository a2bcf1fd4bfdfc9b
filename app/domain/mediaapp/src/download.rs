//! A medium as a file.

use std::ops::Range;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use apierror::{ApiError, Code};
use bytes::Bytes;
use etag::EntityTag;
use futures_util::{TryStreamExt as _, stream};
use mediabus::Medium;
use stores::Reader;

/// A client may keep it, and asks each time whether it is still there.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The client has this version.
pub(crate) fn known(tag: &EntityTag) -> HttpResponse {
    let mut answer = HttpResponse::NotModified();
    answer.insert_header((header::ETAG, tag.to_string())).insert_header((header::CACHE_CONTROL, PRIVATE));
    answer.finish()
}

/// The range lies outside of a file of this size.
pub(crate) fn outside(size: u64) -> ApiError {
    let there = HeaderValue::try_from(format!("bytes */{size}")).unwrap_or(HeaderValue::from_static("bytes */0"));
    ApiError::new(Code::RangeNotSatisfiable)
        .with_detail(format!("there are {size} bytes"))
        .with_header(header::CONTENT_RANGE, there)
}

/// The bytes `range` of the medium.
pub(crate) fn answer(
    status: StatusCode,
    medium: &Medium,
    tag: &EntityTag,
    range: &Range<u64>,
    reader: Reader,
) -> HttpResponse {
    let medium_id = medium.id;
    // All that the client sees is that the bytes break off.
    let chunks = reader.inspect_err(move |error| {
        tracing::warn!(%medium_id, error = error as &dyn std::error::Error, "a medium broke off while it was read");
    });
    head(status, medium, tag, range).set_body(BoxBody::new(SizedStream::new(range.end - range.start, chunks)))
}

/// The same, without the bytes.
pub(crate) fn head(status: StatusCode, medium: &Medium, tag: &EntityTag, range: &Range<u64>) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    // The name is made of the id; its extension is that of the type that the bytes were checked against.
    let name = format!("inline; filename=\"{}.{}\"", medium.id, medium.content_type.extension());
    answer
        .insert_header((header::CONTENT_TYPE, medium.content_type.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::CACHE_CONTROL, PRIVATE))
        .insert_header((header::ACCEPT_RANGES, "bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, medium.size);
        answer.insert_header((header::CONTENT_RANGE, shown));
    }
    // As long as the answer to GET; the connection leaves the bytes out.
    answer.body(SizedStream::new(range.end - range.start, stream::empty::<Result<Bytes, stores::Error>>()))
}
