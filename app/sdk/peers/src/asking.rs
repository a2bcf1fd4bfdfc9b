//! On whose behalf another service is asked.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use apierror::ApiError;
use secrecy::{ExposeSecret as _, SecretString};

/// The credentials of a caller, to be passed on. A handler takes it as an argument.
#[derive(Clone, Debug)]
pub struct Asking {
    authorization: SecretString,
}

impl Asking {
    /// With this value of `Authorization`, as it came.
    #[must_use]
    pub fn with(authorization: impl Into<String>) -> Self {
        Self { authorization: SecretString::from(authorization.into()) }
    }

    /// The value of `Authorization`. To whom it goes, can do all that the caller can.
    pub(crate) fn authorization(&self) -> &str {
        self.authorization.expose_secret()
    }
}

impl FromRequest for Asking {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        ready(authorization.map(Self::with).ok_or_else(|| ApiError::unauthorized(None)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn what_came_is_passed_on_and_printed_nowhere() {
        let request = TestRequest::get().insert_header((AUTHORIZATION, "Bearer planted")).to_http_request();
        let asking = Asking::from_request(&request, &mut Payload::None).into_inner().unwrap();
        assert_eq!(asking.authorization(), "Bearer planted");
        assert!(!format!("{asking:?}").contains("planted"));
    }

    #[test]
    fn who_names_nobody_cannot_ask() {
        let request = TestRequest::get().to_http_request();
        let refused = Asking::from_request(&request, &mut Payload::None).into_inner().unwrap_err();
        assert_eq!(refused.code().status(), 401);
    }
}
