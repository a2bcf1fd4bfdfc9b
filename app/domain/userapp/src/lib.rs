//! Users over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderValue};
use actix_web::web::Data;
use apierror::{ApiError, Code};
use auth::{Caller, Permission, policy};
use mux::{Collection, reply};
use request::{Empty, Id, Json, OptionalIfMatch, Query};
use types::UserId;

use crate::error::to_api;
use crate::filter::UserQuery;
use crate::model::{User, UserRoles};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    users: userbus::Business,
}

async fn set_roles(
    app: Data<App>,
    Id(user_id): Id<UserId>,
    if_match: OptionalIfMatch,
    Json(UserRoles(roles)): Json<UserRoles>,
) -> Result<HttpResponse, ApiError> {
    let user = app.users.query_by_id(user_id).await.map_err(to_api)?;
    let expected = if_match.expect(user.version)?;
    let user = app.users.set_roles(user_id, roles, expected).await.map_err(to_api)?;
    account(&user)
}

async fn query(app: Data<App>, Query(query): Query<UserQuery>, _: Empty) -> Result<HttpResponse, ApiError> {
    let UserQuery { filter, list } = query;
    let slice = app.users.query(&filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(User::from).collect();
    let mut answer = reply::list(&Collection { items, next, total: slice.total }, &link)?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

async fn query_me(app: Data<App>, caller: Caller, _: Empty) -> Result<HttpResponse, ApiError> {
    let user_id = caller.user_id().ok_or_else(|| ApiError::unauthorized(None))?;
    account(&app.users.query_by_id(user_id).await.map_err(to_api)?)
}

async fn query_by_id(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    // To whom an account is none of their business it does not exist.
    if !policy::decide(Permission::UsersRead, &caller)?.covers(user_id) {
        return Err(ApiError::new(Code::NotFound));
    }
    account(&app.users.query_by_id(user_id).await.map_err(to_api)?)
}

/// 200 with an account and its version, which nobody may keep.
fn account(user: &userbus::User) -> Result<HttpResponse, ApiError> {
    let mut answer = reply::unkept(StatusCode::OK, &User::from(user))?;
    answer.headers_mut().insert(ETAG, reply::etag(user.version));
    Ok(answer)
}
