//! Requests that take effect once (draft-ietf-httpapi-idempotency-key-header).

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};
use aws_lc_rs::digest;

use crate::extract::body::{self, Reading};
use crate::extract::media::Media;
use crate::object::Body;

/// A JSON body whose effect happens once when the client sends an `Idempotency-Key`.
pub struct Idempotent<B> {
    /// The body.
    pub body: B,
    /// The key, when the client sent one.
    pub keyed: Option<Keyed>,
}

/// A JSON body whose effect happens once; without an `Idempotency-Key` the answer is 400.
pub struct RequiredIdempotent<B> {
    /// The body.
    pub body: B,
    /// The key.
    pub keyed: Keyed,
}

/// The key of a request with what the key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The client's key.
    pub key: IdempotencyKey,
    /// Tells another payload under the same key.
    pub fingerprint: Fingerprint,
}

/// A client's key: 1 to 255 visible characters of ASCII, without quotes around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// SHA-256 over the method, the path and the body as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const MALFORMED: &str =
    "the header field Idempotency-Key must be one string of 1 to 255 visible characters in double quotes";

impl IdempotencyKey {
    /// What [`IdempotencyKey::parse`] takes, as a pattern of JSON Schema (ECMA-262).
    pub const PATTERN: &str = r#"^([!#-+\--:<-\[\]-~]{1,255}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

    /// Reads a value of the field: a string of RFC 9651 such as `"8e03978e"`, of which a quote and a backslash within have a
    /// backslash before them, or the bare key. Both spellings are one key.
    ///
    /// `None` when it is malformed.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let key = match value.strip_prefix(b"\"") {
            Some(inner) => unquote(inner)?,
            None => value.iter().map(|b| is_bare(*b).then_some(char::from(*b))).collect::<Option<_>>()?,
        };
        (1..=255).contains(&key.len()).then_some(Self(key))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fingerprint {
    /// That of the parts, one after the other.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        parts.iter().for_each(|part| context.update(part));
        let full = context.finish();
        let mut hash = [0; 32];
        hash.iter_mut().zip(full.as_ref()).for_each(|(to, from)| *to = *from);
        Self(hash)
    }
}

impl<B: Body> FromRequest for Idempotent<B> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = body::read(request, payload, Media::Json);
        let request = request.clone();
        Box::pin(async move {
            let key = key(request.headers())?;
            let bytes = bytes.await?;
            let body = body::decode(&bytes)?;
            let keyed = key.map(|key| Keyed { key, fingerprint: fingerprint(&request, &bytes) });
            Ok(Self { body, keyed })
        })
    }
}

impl<B: Body> FromRequest for RequiredIdempotent<B> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let inner = Idempotent::<B>::from_request(request, payload);
        Box::pin(async move {
            let Idempotent { body, keyed } = inner.await?;
            match keyed {
                Some(keyed) => Ok(Self { body, keyed }),
                None => {
                    Err(ApiError::new(Code::BadRequest).with_detail("the header field Idempotency-Key is required"))
                }
            }
        })
    }
}

pub(crate) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut lines = headers.get_all(&IDEMPOTENCY_KEY);
    let Some(first) = lines.next() else { return Ok(None) };
    match (IdempotencyKey::parse(first.as_bytes()), lines.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(ApiError::new(Code::BadRequest).with_detail(MALFORMED)),
    }
}

/// Reads a string of RFC 9651 (section 4.2.5) after its opening quote, up to the end.
fn unquote(inner: &[u8]) -> Option<String> {
    let mut key = String::new();
    let mut bytes = inner.iter();
    loop {
        match bytes.next()? {
            b'"' => return bytes.as_slice().is_empty().then_some(key),
            b'\\' => key.push(char::from(*bytes.next().filter(|b| matches!(b, b'"' | b'\\'))?)),
            byte if byte.is_ascii_graphic() => key.push(char::from(*byte)),
            _ => return None,
        }
    }
}

/// Visible, and without a meaning in lists, parameters or strings of RFC 9651.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

fn fingerprint(request: &HttpRequest, bytes: &[u8]) -> Fingerprint {
    // Neither a method nor a path can hold a line break.
    Fingerprint::of(&[request.method().as_str().as_bytes(), b"\n", request.path().as_bytes(), b"\n", bytes])
}
