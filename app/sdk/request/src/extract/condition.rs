//! Conditional requests over the versions of rows (RFC 9110, section 13).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};
use etag::{Condition, EntityTag};
use types::Version;

/// The field `If-Match`, which has to be there: 428 without it.
pub struct IfMatch(Condition);

/// The field `If-Match`, honoured when it is there.
pub struct OptionalIfMatch(Option<Condition>);

/// The field `If-None-Match`, honoured when it is there.
pub struct IfNoneMatch(Option<Condition>);

impl IfMatch {
    /// What the field may hold, as a pattern of JSON Schema (ECMA-262): a list of entity tags, or `*` (RFC 9110, sections
    /// 8.8.3 and 13.1.1).
    pub const PATTERN: &str =
        r#"^([\t ]*\*[\t ]*|[\t ,]*(W/)?"[!#-~\u0080-\u00ff]*"([\t ]*,[\t ,]*(W/)?"[!#-~\u0080-\u00ff]*")*[\t ,]*)$"#;

    /// Passes when the client knows the `current` version.
    ///
    /// # Errors
    /// 412: it is based on another one.
    pub fn check(&self, current: Version) -> Result<(), ApiError> {
        check(&self.0, current)
    }
}

impl OptionalIfMatch {
    /// Passes when the client knows the `current` version, or does not ask.
    ///
    /// # Errors
    /// 412: it is based on another one.
    pub fn check(&self, current: Version) -> Result<(), ApiError> {
        self.0.as_ref().map_or(Ok(()), |condition| check(condition, current))
    }

    /// [`OptionalIfMatch::check`], and the version that the change itself has to meet: none when the client does not ask.
    ///
    /// # Errors
    /// 412: it is based on another one.
    pub fn expect(&self, current: Version) -> Result<Option<Version>, ApiError> {
        self.check(current)?;
        Ok(self.0.as_ref().map(|_| current))
    }
}

impl IfNoneMatch {
    /// Whether the client has the `current` version already, so that the answer is 304.
    pub fn has(&self, current: Version) -> bool {
        self.0.as_ref().is_some_and(|condition| !etag::if_none_match(condition, Some(&tag(current))))
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            if_match(request.headers())
                .and_then(|condition| condition.map(Self).ok_or_else(|| ApiError::new(Code::PreconditionRequired))),
        )
    }
}

impl FromRequest for OptionalIfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request.headers()).map(Self))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    /// A malformed field matches nothing: it costs a cache that wrote it the saving, not the answer.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let condition = condition(request.headers(), &header::IF_NONE_MATCH);
        ready(Ok(Self(condition.and_then(Result::ok))))
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<Condition>, ApiError> {
    condition(headers, &header::IF_MATCH)
        .transpose()
        .map_err(|error| ApiError::new(Code::BadRequest).with_detail(format!("the header field If-Match {error}")))
}

fn condition(headers: &HeaderMap, name: &HeaderName) -> Option<Result<Condition, etag::ParseError>> {
    let mut lines = headers.get_all(name).map(|value| value.as_bytes()).peekable();
    lines.peek()?;
    Some(Condition::parse(lines))
}

fn check(condition: &Condition, current: Version) -> Result<(), ApiError> {
    if etag::if_match(condition, Some(&tag(current))) { Ok(()) } else { Err(ApiError::new(Code::PreconditionFailed)) }
}

fn tag(version: Version) -> EntityTag {
    EntityTag::of_version(version.number())
}
