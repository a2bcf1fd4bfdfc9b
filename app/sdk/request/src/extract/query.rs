//! The query of the request's target.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};

use crate::list::ListKey;
use crate::params::{self, Parameters};
use crate::uri;

/// The query, decoded. A list needs a [`ListKey`] among the application's data.
pub struct Query<Q>(pub Q);

impl<Q: Parameters> FromRequest for Query<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<Q: Parameters>(request: &HttpRequest) -> Result<Q, ApiError> {
    let all = uri::pairs(request.query_string())
        .map_err(|error| ApiError::new(Code::BadRequest).with_detail(error.to_string()))?;
    params::read(request.uri(), &all, request.app_data::<ListKey>())
}
