//! Who passes: authentication and the policy, as the pipeline asks for them.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use apierror::ApiError;
use auth::{Caller, Permission, policy};
use futures_util::future::LocalBoxFuture;

/// Tells who the credentials of a request stand for.
pub trait Authenticate: Send + Sync + 'static {
    /// Asked for requests with an `Authorization` field alone; all others are [`Caller::Anonymous`].
    ///
    /// # Errors
    ///
    /// Bad credentials, with the challenge of RFC 6750; or what is needed to tell is out of reach.
    fn authenticate<'r>(&'r self, headers: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>>;
}

impl Authenticate for auth::Authenticator {
    fn authenticate<'r>(&'r self, headers: &'r HeaderMap) -> LocalBoxFuture<'r, Result<Caller, ApiError>> {
        Box::pin(auth::Authenticator::authenticate(self, headers))
    }
}

pub(crate) type Authenticator = Arc<dyn Authenticate>;

/// Who the request's credentials stand for.
pub(crate) async fn authenticate(authenticator: &Authenticator, request: &HttpRequest) -> Result<Caller, ApiError> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(Caller::Anonymous);
    }
    authenticator.authenticate(request.headers()).await
}

/// Whether the policy lets `caller` use `permission` at all. How far is for the handler to ask.
pub(crate) fn authorize(permission: Permission, caller: &Caller) -> Result<(), ApiError> {
    policy::decide(permission, caller)?;
    Ok(())
}
