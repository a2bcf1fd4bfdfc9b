//! What is asked, and what is answered.

use std::fmt;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};

/// Why something cannot be said in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The name of a header has a character that none may have.
    #[error("the name of a header is not valid")]
    Name,
    /// The value of a header has a character that none may have, such as a line break.
    #[error("the value of a header is not valid")]
    Value,
}

/// What is asked of a peer.
#[derive(Clone)]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// Without headers or a body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Of a representation.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// With a header, instead of what it had under this name before. `authorization` is kept out of what is printed, and
    /// out of the tables of HTTP/2.
    ///
    /// # Errors
    /// The name or the value is none that a header may have.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, CallError> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| CallError::Name)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| CallError::Value)?;
        value.set_sensitive(name == reqwest::header::AUTHORIZATION);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// With a body; a clone of it costs nothing.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether its effect is the same however often it is sent: its method is idempotent (RFC 9110, 9.2.2), or it has an
    /// `idempotency-key`, by which the peer knows it again (draft-ietf-httpapi-idempotency-key-header).
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        let idempotent = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
        idempotent.contains(&self.method) || self.headers.contains_key("idempotency-key")
    }
}

impl fmt::Debug for Call {
    /// Paths, values of headers and bodies may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body.len())
            .finish()
    }
}

/// What a peer answered.
#[derive(Clone)]
pub struct Answer {
    /// Any status but those of [`crate::Error::Overloaded`]; a redirect too.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, as it was sent: nothing is unpacked.
    pub body: Bytes,
    /// How often the call was sent.
    pub attempts: u32,
}

impl fmt::Debug for Answer {
    /// Values of headers and bodies may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body.len())
            .field("attempts", &self.attempts)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: Method) -> Call {
        Call::new(method, Url::parse("http://peer.test/secret-path").unwrap())
    }

    #[test]
    fn idempotent_methods_and_keyed_calls_are_repeatable() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE] {
            assert!(call(method.clone()).is_repeatable(), "{method}");
        }
        for method in [Method::POST, Method::PATCH, Method::CONNECT] {
            assert!(!call(method.clone()).is_repeatable(), "{method}");
            assert!(call(method.clone()).header("Idempotency-Key", "1").unwrap().is_repeatable(), "{method}");
        }
    }

    #[test]
    fn what_no_header_may_have_is_refused() {
        assert_eq!(call(Method::GET).header("a b", "1").unwrap_err(), CallError::Name);
        assert_eq!(call(Method::GET).header("", "1").unwrap_err(), CallError::Name);
        assert_eq!(call(Method::GET).header("a", "1\r\nb: 2").unwrap_err(), CallError::Value);
    }

    #[test]
    fn what_is_printed_holds_no_secret() {
        let call = call(Method::POST).header("authorization", "Bearer planted").unwrap().body("planted");
        let answer = Answer {
            status: StatusCode::OK,
            headers: call.headers.clone(),
            body: Bytes::from_static(b"planted"),
            attempts: 1,
        };
        let printed = format!("{call:?} {answer:?}");
        assert!(!printed.contains("planted") && !printed.contains("secret-path"), "{printed}");
        assert!(printed.contains("peer.test") && printed.contains("authorization"), "{printed}");
    }
}
