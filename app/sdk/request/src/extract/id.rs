//! The id in the request's path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};

/// The id in the segment `{id}` of the path, such as `Id<types::MovieId>`.
///
/// What is no id names nothing: the answer is 404, as for an id that is not there.
pub struct Id<T>(pub T);

impl<K: 'static> FromRequest for Id<types::Id<K>> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").map(types::Id::parse);
        ready(match id {
            Some(Ok(id)) => Ok(Self(id)),
            Some(Err(_)) | None => Err(ApiError::new(Code::NotFound)),
        })
    }
}
