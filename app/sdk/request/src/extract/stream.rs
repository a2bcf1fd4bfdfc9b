//! Bodies that are too large to be read before they are used.

use std::marker::PhantomData;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::extract::body::Reading;
use crate::extract::idempotency::{self, Fingerprint, IdempotencyKey, Keyed};
use crate::extract::payload;

/// The least bytes a second that a client has to send on average: who drips may not hold a place for ever.
const SLOWEST: u64 = 32 << 10;

/// What may come as a stream of bytes.
pub trait Streams: 'static {
    /// The media types that are taken, in lower case and without parameters.
    const MEDIA_TYPES: &'static [&'static str];
}

/// The bounds of a streamed body; they come from the application's data.
#[derive(Debug, PartialEq, Eq)]
pub struct StreamLimits<S> {
    /// The most bytes.
    pub size: u64,
    /// How long a client may send nothing.
    pub idle: Duration,
    of: PhantomData<fn() -> S>,
}

/// A body that is read as it comes: of one of the media types of `S`, within its [`StreamLimits`], not below 32 KiB a second
/// on average once the time for a pause is used up.
pub struct Streamed<S> {
    media_type: &'static str,
    payload: Payload,
    limits: StreamLimits<S>,
    begun: Instant,
    /// When bytes came last.
    last: Instant,
    received: u64,
    key: Option<(IdempotencyKey, Vec<u8>)>,
}

impl<S> StreamLimits<S> {
    /// These bounds.
    pub const fn new(size: u64, idle: Duration) -> Self {
        Self { size, idle, of: PhantomData }
    }
}

// Derived implementations would ask the same of `S`, which is only a name.
impl<S> Clone for StreamLimits<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for StreamLimits<S> {}

impl<S: Streams> Streamed<S> {
    /// The media type that the client says it is.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The next bytes; `None` when all have come. Nothing is lost when it is dropped, and no time won.
    ///
    /// # Errors
    /// 413 when there are too many, 408 when they come too slowly, 400 when they break off. After the first two the
    /// connection is closed.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let pace = Duration::from_millis(self.received.saturating_mul(1000) / SLOWEST);
        let by = (self.last + self.limits.idle).min(self.begun + self.limits.idle + pace);
        let Ok(next) = timeout_at(by, self.payload.next()).await else {
            return Err(payload::closing(Code::RequestTimeout).with_detail("the body comes too slowly"));
        };
        let Some(chunk) = next.transpose().map_err(payload::broken)? else { return Ok(None) };
        self.received += chunk.len() as u64;
        self.last = Instant::now();
        if self.received > self.limits.size {
            return Err(too_large(self.limits.size));
        }
        Ok(Some(chunk))
    }

    /// The `Idempotency-Key`, now that it is known what came: a fingerprint is made of the method, the path, the media type
    /// and `digest`, which is one of the body.
    pub fn keyed(self, digest: &[u8; 32]) -> Option<Keyed> {
        let (key, mut what) = self.key?;
        what.extend_from_slice(digest);
        Some(Keyed { key, fingerprint: Fingerprint::of(&[&what]) })
    }

    /// The refusal of bytes that are not of the media type that the client says they are.
    pub fn misnamed(&self) -> ApiError {
        refusal::<S>().with_detail(format!("the body is not {}", self.media_type))
    }

    fn read(request: &HttpRequest, payload: Payload) -> Result<Self, ApiError> {
        let headers = request.headers();
        payload::check_coding(headers)?;
        let media_type = media_type::<S>(headers).ok_or_else(refusal::<S>)?;
        let key = idempotency::key(headers)?;
        let Some(limits) = request.app_data::<StreamLimits<S>>().copied() else {
            return Err(ApiError::new(Code::Internal));
        };
        if payload::announced(request).is_some_and(|length| length > limits.size) {
            return Err(too_large(limits.size));
        }
        // Neither a method nor a path can hold a line break.
        let what = [request.method().as_str(), request.path(), media_type, ""].join("\n").into_bytes();
        let now = Instant::now();
        Ok(Self {
            media_type,
            payload: payload::whole(request, payload),
            limits,
            begun: now,
            last: now,
            received: 0,
            key: key.map(|key| (key, what)),
        })
    }
}

impl<S: Streams> FromRequest for Streamed<S> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = Self::read(request, payload.take());
        Box::pin(std::future::ready(read))
    }
}

/// The media type of the header, if it is taken. Files of these kinds have no parameters that change what they are.
fn media_type<S: Streams>(headers: &HeaderMap) -> Option<&'static str> {
    let mut lines = headers.get_all(header::CONTENT_TYPE);
    let line = lines.next()?.to_str().ok()?;
    if lines.next().is_some() {
        return None;
    }
    let essence = line.split(';').next().unwrap_or_default().trim();
    S::MEDIA_TYPES.iter().find(|known| essence.eq_ignore_ascii_case(known)).copied()
}

fn refusal<S: Streams>() -> ApiError {
    let taken = S::MEDIA_TYPES.join(", ");
    let field = HeaderValue::try_from(taken.as_str()).unwrap_or_else(|_| HeaderValue::from_static("*/*"));
    payload::closing(Code::UnsupportedMediaType)
        .with_detail(format!("the body has to be one of {taken}"))
        .with_header(header::ACCEPT, field)
}

fn too_large(size: u64) -> ApiError {
    payload::closing(Code::ContentTooLarge).with_detail(format!("the body has more than {size} bytes"))
}
