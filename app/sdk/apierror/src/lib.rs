//! The one API error, of which a cause can never reach a client.

mod code;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use problem::{FieldError, Problem};

pub use crate::code::Code;

/// What a handler answers when it cannot answer well.
///
/// It holds the text for the client and, apart from it, the cause for the log. The cause has no way into
/// `Display`, `Debug` of the problem, or any serialization; [`ApiError::cause`] hands it to the logger alone.
#[derive(Clone)]
pub struct ApiError {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// The private reason of an [`ApiError`], for the log.
///
/// It implements neither `Display` nor `Serialize`, so that it cannot slip into a body.
#[derive(Clone)]
pub struct Cause(Arc<dyn StdError + Send + Sync>);

/// Seconds after which a client should try again when the service is short of something.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl ApiError {
    /// An error of this kind that needs no further words.
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// The request breaks these rules.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut error = Self::new(Code::Invalid);
        error.errors = errors;
        error
    }

    /// No credentials, or bad ones. `error` is RFC 6750's code (`invalid_token`), `None` when no credentials came.
    pub fn unauthorized(error: Option<&'static str>) -> Self {
        let challenge = match error {
            None => HeaderValue::from_static("Bearer realm=\"marquee\""),
            Some("invalid_token") => HeaderValue::from_static("Bearer realm=\"marquee\", error=\"invalid_token\""),
            Some(_) => HeaderValue::from_static("Bearer realm=\"marquee\", error=\"invalid_request\""),
        };
        Self::new(Code::Unauthorized).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// The service cannot answer now and the client should come back after `after`, rounded up to whole seconds.
    pub fn unavailable(after: Duration) -> Self {
        Self::new(Code::Unavailable).with_retry_after(after)
    }

    /// A fault of the service: a bare 500, with the cause for the log.
    pub fn internal(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(Code::Internal).with_cause(cause)
    }

    /// Adds what happened this time, in words for the client.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a header field to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`, in whole seconds, at least one.
    #[must_use]
    pub fn with_retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause(Arc::new(cause)));
        self
    }

    /// The kind of error.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The refused fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The header fields that go with the answer.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The cause, for the log alone.
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// The document for the client, at the request's path and under its trace id.
    pub fn problem(&self, instance: Option<String>, trace_id: Option<String>) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.code.slug()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.as_deref().map(str::to_owned),
            instance,
            trace_id,
            errors: self.errors.clone(),
        }
    }
}

impl Cause {
    /// The messages of the chain, the outermost first, joined by `: `.
    pub fn chain(&self) -> String {
        let mut text = self.0.to_string();
        let mut source = self.0.source();
        while let Some(cause) = source {
            let message = cause.to_string();
            // A transparent error repeats its source's words.
            if !text.ends_with(&message) {
                text.push_str(": ");
                text.push_str(&message);
            }
            source = cause.source();
        }
        text
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or(self.code.title()))
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &self.code)
            .field("detail", &self.detail)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// The answer's body is written by the outermost layer, which knows path and trace id: it finds this error among the
/// response's extensions. Without that layer the answer has no body.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.code.status());
        for (name, value) in &self.headers {
            if name == header::CONNECTION {
                // The server writes this field itself, from here.
                response.head_mut().set_connection_type(ConnectionType::Close);
            } else {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// Every failure of the database that a domain did not give a meaning of its own.
impl From<sqldb::Error> for ApiError {
    fn from(error: sqldb::Error) -> Self {
        match error {
            sqldb::Error::Unavailable { .. } => Self::unavailable(RETRY_AFTER).with_cause(error),
            sqldb::Error::DeadlineExceeded => Self::new(Code::DeadlineExceeded).with_cause(error),
            sqldb::Error::Conflict { .. } => Self::unavailable(RETRY_AFTER)
                .with_detail("too many changes at once touched the same rows")
                .with_cause(error),
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer secret")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_cause_reaches_the_log_and_nothing_else() {
        let error = ApiError::internal(Outer(std::io::Error::other("inner secret")));
        assert_eq!(error.cause().map(Cause::chain).as_deref(), Some("outer secret: inner secret"));
        let problem = error.problem(Some("/v1/things".into()), None);
        for text in [format!("{error}"), format!("{error:?}"), format!("{problem:?}")] {
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn the_time_to_retry_is_in_whole_seconds_and_never_none() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let error = ApiError::unavailable(Duration::from_millis(millis));
            assert_eq!(error.headers(), [(header::RETRY_AFTER, HeaderValue::from_static(seconds))]);
        }
        let never = ApiError::unavailable(Duration::MAX);
        assert_eq!(never.headers(), [(header::RETRY_AFTER, HeaderValue::from(u64::MAX))]);
    }

    #[test]
    fn every_code_has_a_slug_of_its_own_and_the_status_of_its_kind() {
        let slugs: std::collections::HashSet<_> = Code::ALL.into_iter().map(Code::slug).collect();
        assert_eq!(slugs.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::from_status(code.status()).status(), code.status());
        }
        assert_eq!(Code::from_status(StatusCode::IM_A_TEAPOT), Code::BadRequest);
        assert_eq!(Code::from_status(StatusCode::FORBIDDEN), Code::Forbidden);
        assert_eq!(Code::from_status(StatusCode::HTTP_VERSION_NOT_SUPPORTED), Code::Internal);
    }
}
