//! Compression of what is large enough to gain from it.

use actix_http::encoding::Encoder;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// The size in bytes from which a body is compressed.
const SMALLEST: u64 = 1024;

/// Compresses the body in the coding that the client likes best, if there is one.
///
/// A client that refuses every coding, the identity included, gets the identity: RFC 9110, section 12.5.3, leaves
/// that choice to the server, and an answer is worth more than a 406.
pub(crate) fn compress(request: &HttpRequest, mut response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
    if !is_negotiated(&response) {
        return response;
    }
    let encoding = negotiate(request, &[Encoding::brotli(), Encoding::zstd(), Encoding::gzip(), Encoding::identity()]);
    if encoding == ContentEncoding::Identity {
        vary(response.headers_mut());
        return response;
    }
    response.map_body(|head, body| BoxBody::new(Encoder::response(encoding, head, body)))
}

/// Whether the coding of the body depends on what the client takes.
pub(crate) fn is_negotiated(response: &HttpResponse<BoxBody>) -> bool {
    let large = match response.body().size() {
        BodySize::None => false,
        BodySize::Sized(size) => size >= SMALLEST,
        BodySize::Stream => true,
    };
    large && is_compressible(response.headers())
}

/// Tells caches that the coding of the body depends on what the client takes.
pub(crate) fn vary(headers: &mut HeaderMap) {
    const CODING: HeaderValue = HeaderValue::from_static("accept-encoding");
    if !headers.get_all(header::VARY).any(|value| *value == CODING) {
        headers.append(header::VARY, CODING);
    }
}

/// Whether the client takes what is there in gzip only.
pub(crate) fn takes_gzip(request: &HttpRequest) -> bool {
    negotiate(request, &[Encoding::gzip(), Encoding::identity()]) == ContentEncoding::Gzip
}

fn negotiate(request: &HttpRequest, offered: &[Encoding]) -> ContentEncoding {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return ContentEncoding::Identity;
    }
    match AcceptEncoding::parse(request).ok().and_then(|field| field.negotiate(offered.iter())) {
        Some(Encoding::Known(encoding)) => encoding,
        _ => ContentEncoding::Identity,
    }
}

/// Text that nobody has encoded yet. Events are left alone: a coder would hold them back.
fn is_compressible(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let media_type = kind.split(';').next().unwrap_or_default().trim();
    match media_type.split_once('/') {
        Some(("text", kind)) => kind != "event-stream",
        Some(("application", kind)) => kind == "javascript" || kind == "json" || kind.ends_with("+json"),
        Some(("image", kind)) => kind == "svg+xml",
        _ => false,
    }
}
