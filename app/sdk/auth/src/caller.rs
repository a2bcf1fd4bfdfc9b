//! Who sends a request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use apierror::{ApiError, Code};
use types::{Roles, SessionId, UserId};
use uuid::Uuid;

/// Who sends a request. It is among the request's extensions once authentication has passed; handlers extract it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: the request carries no credentials.
    Anonymous,
    /// A user with valid credentials.
    User(Principal),
}

/// A user with valid credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user_id: UserId,
    /// The roles that the user has now, not those of the moment the token was made.
    pub roles: Roles,
    /// The `jti` of the access token.
    pub token_id: Uuid,
    /// The session that the access token belongs to; none when an operator made it.
    pub session_id: Option<SessionId>,
}

impl Caller {
    /// The user.
    ///
    /// # Errors
    /// 401 for nobody.
    pub fn principal(&self) -> Result<&Principal, ApiError> {
        match self {
            Self::Anonymous => Err(ApiError::unauthorized(None)),
            Self::User(principal) => Ok(principal),
        }
    }

    /// The user's id; `None` for nobody.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Anonymous => None,
            Self::User(principal) => Some(principal.user_id),
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A route that authentication does not guard must not take anyone for anonymous.
        ready(request.extensions().get::<Self>().cloned().ok_or_else(|| ApiError::new(Code::Internal)))
    }
}
