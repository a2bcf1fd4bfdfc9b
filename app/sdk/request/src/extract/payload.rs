//! Bodies off the wire, bounded in size and time.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use apierror::{ApiError, Code};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};

/// The bounds of bodies. They come from the application's data; without, the defaults hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes.
    pub size: usize,
    /// The most time for the whole body, from the moment that the handler asks for it.
    pub time: Duration,
}

impl Default for Limits {
    /// 1 MiB within 10 s.
    fn default() -> Self {
        Self { size: 1 << 20, time: Duration::from_secs(10) }
    }
}

/// Reads the whole body.
///
/// # Errors
/// 413 when it is too large, 408 when it is too slow, 400 when it breaks off. After the first two the connection is closed:
/// what is left of the body would be read as the next request, or be waited for.
pub(crate) async fn read(request: &HttpRequest, payload: Payload) -> Result<Bytes, ApiError> {
    let limits = request.app_data::<Limits>().copied().unwrap_or_default();
    if announced(request).is_some_and(|length| length > limits.size as u64) {
        return Err(too_large(limits));
    }
    let payload = whole(request, payload);
    tokio::time::timeout(limits.time, collect(payload, limits)).await.unwrap_or_else(|_| {
        Err(closing(Code::RequestTimeout)
            .with_detail(format!("the body did not arrive within {} seconds", limits.time.as_secs_f64())))
    })
}

/// The body, as long as it is.
pub(crate) fn whole(request: &HttpRequest, payload: Payload) -> Payload {
    match framed(request) {
        Some(length) => Payload::Stream { payload: Box::pin(first(payload, length)) },
        None => payload,
    }
}

/// Passes when the body comes without a content coding. Codings are refused, not undone: a body of 1 KiB could unfold to
/// gigabytes.
///
/// # Errors
/// 415.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<(), ApiError> {
    let coded = headers
        .get_all(header::CONTENT_ENCODING)
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .any(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"identity"));
    if coded {
        return Err(ApiError::new(Code::UnsupportedMediaType)
            .with_detail("a body has to come without a content coding")
            .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    Ok(())
}

async fn collect(mut payload: Payload, limits: Limits) -> Result<Bytes, ApiError> {
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(broken)?;
    if first.len() > limits.size {
        return Err(too_large(limits));
    }
    // Most bodies come in one piece, which is not copied.
    let Some(second) = payload.next().await else { return Ok(first) };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(broken)?;
        if body.len() + chunk.len() > limits.size {
            return Err(too_large(limits));
        }
        body.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(body.freeze())
}

/// The length of a body that the server does not end by itself.
///
/// actix-http takes all that follows a head with `Upgrade: websocket` for a body without end. Nothing of ours changes the
/// protocol where a body is read, so that the field counts for nothing (RFC 9110, section 7.8) and the body is as long as
/// in any other request (RFC 9112, section 6.3).
fn framed(request: &HttpRequest) -> Option<u64> {
    let headers = request.headers();
    let endless = headers.contains_key(header::UPGRADE) && !headers.contains_key(header::TRANSFER_ENCODING);
    endless.then(|| announced(request).unwrap_or(0))
}

/// The first `length` bytes of a body.
fn first(payload: Payload, length: u64) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold((payload, length), async |(mut payload, left)| {
        if left == 0 {
            return None;
        }
        let chunk = payload
            .next()
            .await?
            .map(|chunk| chunk.slice(..chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX))));
        let left = left - chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        Some((chunk, (payload, left)))
    })
}

/// `Content-Length`, which the server has checked already.
pub(crate) fn announced(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limits: Limits) -> ApiError {
    closing(Code::ContentTooLarge).with_detail(format!("the body has more than {} bytes", limits.size))
}

pub(crate) fn broken(error: PayloadError) -> ApiError {
    ApiError::new(Code::BadRequest).with_detail("the body breaks off").with_cause(error)
}

pub(crate) fn closing(code: Code) -> ApiError {
    ApiError::new(code).with_header(header::CONNECTION, HeaderValue::from_static("close"))
}
