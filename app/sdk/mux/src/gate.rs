//! Who passes: authentication and the policy, as the pipeline asks for them.

use actix_web::HttpRequest;
use apierror::ApiError;
use uuid::Uuid;

// seam: auth
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Any,
}
#[derive(Clone, Debug)]
pub enum Caller {
    Anonymous,
    User(Uuid),
}
#[derive(Clone, Debug, Default)]
pub struct Authenticator;

/// Who the request's credentials stand for.
pub(crate) async fn authenticate(_authenticator: &Authenticator, _request: &HttpRequest) -> Result<Caller, ApiError> {
    Ok(Caller::Anonymous)
}

/// Whether the policy lets `caller` use `permission` at all.
pub(crate) fn authorize(_permission: Permission, _caller: &Caller) -> Result<(), ApiError> {
    Ok(())
}

/// Whether the policy lets anybody use `permission`.
pub(crate) fn is_public(_permission: Permission) -> bool {
    true
}

/// Who is known by name.
pub(crate) fn subject(caller: &Caller) -> Option<Uuid> {
    match caller {
        Caller::Anonymous => None,
        Caller::User(id) => Some(*id),
    }
}
