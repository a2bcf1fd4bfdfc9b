//! JSON bodies.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};
use bytes::Bytes;
use problem::FieldError;

use crate::extract::media::Media;
use crate::extract::payload;
use crate::json::{self, Malformed};
use crate::object::{self, Body};
use crate::place::Place;
use crate::report::Report;
use crate::uri;

pub use crate::extract::payload::Limits;

/// A body of `application/json`.
pub struct Json<B>(pub B);

/// A body of `application/json`, or of `application/x-www-form-urlencoded` as forms and simple clients send it.
pub struct JsonOrForm<B>(pub B);

/// A body of `application/merge-patch+json` (RFC 7396), or `application/json`.
///
/// `B` decides what the patch may do: it reads with [`Object::patch`](crate::Object::patch) and
/// [`Object::patch_nullable`](crate::Object::patch_nullable).
pub struct MergePatch<B>(pub B);

/// A body of `application/json` as it came, for whoever checks a signature over its bytes before anything of it is read.
pub struct RawJson(pub Bytes);

/// A route that wants no body: one that comes is read and dropped, so that the connection can go on.
pub struct Empty;

/// The future of an extractor that reads the body.
pub(crate) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// Decodes the bytes of a body.
///
/// # Errors
/// 400 when they are not one JSON value with every member once; 422 when the value is not a `B`, with every reason.
pub fn decode<B: Body>(bytes: &[u8]) -> Result<B, ApiError> {
    let value = json::read(bytes).map_err(refuse)?;
    let mut report = Report::default();
    let body = object::read_value(value, &Place::Body, &mut report);
    report.finish(body)
}

/// Decodes the bytes of a form: each pair is a member, whose text stands for what its field is, as in a query.
///
/// # Errors
/// 400 when they are no form with every member once; 422 when the members are no `B`, with every reason.
pub fn decode_form<B: Body>(bytes: &[u8]) -> Result<B, ApiError> {
    let refuse = |words: String| ApiError::new(Code::BadRequest).with_detail(words);
    let text = str::from_utf8(bytes).map_err(|_| refuse("the body is not UTF-8".to_owned()))?;
    let pairs =
        uri::pairs(text).map_err(|_| refuse("the body is no form: a percent sign leads to no text".to_owned()))?;
    let mut members = BTreeMap::new();
    for (name, text) in pairs {
        match members.entry(name) {
            Entry::Vacant(entry) => entry.insert(text),
            Entry::Occupied(entry) => {
                let mut pointer = String::from("#");
                uri::push_token(&mut pointer, entry.key());
                return Err(refuse(Malformed::Duplicate { pointer }.to_string()));
            }
        };
    }
    let mut report = Report::default();
    let body = object::read_form(members, &mut report);
    report.finish(body)
}

impl<B: Body> FromRequest for Json<B> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, Media::Json);
        Box::pin(async move { decode(&bytes.await?).map(Self) })
    }
}

impl FromRequest for RawJson {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, Media::Json);
        Box::pin(async move { bytes.await.map(Self) })
    }
}

impl<B: Body> FromRequest for MergePatch<B> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload, Media::MergePatch);
        Box::pin(async move { decode(&bytes.await?).map(Self) })
    }
}

impl<B: Body> FromRequest for JsonOrForm<B> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = Media::is_form(request.headers());
        let bytes = read(request, payload, Media::JsonOrForm);
        Box::pin(async move {
            let bytes = bytes.await?;
            if is_form { decode_form(&bytes).map(Self) } else { decode(&bytes).map(Self) }
        })
    }
}

impl FromRequest for Empty {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if matches!(payload, Payload::None) {
            return Box::pin(std::future::ready(Ok(Self)));
        }
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { payload::read(&request, payload).await.map(|_| Self) })
    }
}

/// The bytes of a body of this media type.
pub(crate) fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    media: Media,
) -> impl Future<Output = Result<Bytes, ApiError>> + 'static {
    let (request, payload) = (request.clone(), payload.take());
    async move {
        media.check(request.headers())?;
        payload::read(&request, payload).await
    }
}

fn refuse(malformed: Malformed) -> ApiError {
    match malformed {
        Malformed::NumberRange => ApiError::invalid(vec![FieldError::pointer("#", malformed.to_string())]),
        _ => ApiError::new(Code::BadRequest).with_detail(malformed.to_string()),
    }
}
