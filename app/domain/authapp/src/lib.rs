//! Sign-in over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use apierror::{ApiError, Code};
use auth::{Authenticator, Caller, Permission, policy};
use brakes::Brakes;
use mux::{Collection, reply};
use request::{Empty, Id, Json, Query};
use types::{Scope, SessionId};
use userbus::mails::SessionEndedMail;

use crate::error::{bad_refresh_token, no_session, of_session, of_user};
use crate::filter::SessionQuery;
use crate::model::{Device, JwkSet, Login, Metadata, Refresh, Session, Tokens};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    authenticator: Authenticator,
    users: userbus::Business,
    sessions: sessionbus::Business,
    brakes: Brakes,
}

/// How long a verifier may keep the keys: a new key should be published for that long before it signs.
const FIVE_MINUTES: HeaderValue = HeaderValue::from_static("public, max-age=300");

async fn login(app: Data<App>, Device(device): Device, Json(login): Json<Login>) -> Result<HttpResponse, ApiError> {
    let attempt = app.brakes.sign_in(&login.email).await?;
    let outcome = app.users.authenticate(&login.email, &login.password).await;
    let is_guess = |error: &userbus::Error| matches!(error, userbus::Error::BadCredentials);
    let user = attempt.settle(outcome, is_guess).await.map_err(of_user)?;
    telemetry::annotate("user_id", user.id);
    let begin = app.db.transact(async |tx| {
        // The password was checked some time ago, and may have been changed since.
        app.users.with_tx(&tx).confirm(&user).await.map_err(of_user)?;
        app.sessions.with_tx(&tx).create(user.id, device.clone()).await.map_err(of_session)
    });
    let (session, refresh) = begin.await?;
    let access = app.authenticator.mint_within(&user, session.id).map_err(ApiError::internal)?;
    reply::unkept(StatusCode::CREATED, &Tokens::of(&access, &refresh))
}

/// One transaction: a token whose successor could not be handed out is not spent. That a session has ended because its
/// token was spent before is committed, with a mail to its user, although the answer is a refusal.
async fn refresh(
    app: Data<App>,
    Device(device): Device,
    Json(Refresh(token)): Json<Refresh>,
) -> Result<HttpResponse, ApiError> {
    let attempt = app.brakes.token().await?;
    let token = token.ok_or_else(bad_refresh_token)?;
    let outcome = app.db.transact(async |tx| {
        let refreshed = match app.sessions.with_tx(&tx).refresh(&token, device.clone()).await {
            Err(sessionbus::Error::Reused { user_id }) => {
                jobs::enqueue(&tx, &SessionEndedMail::to(user_id)).await?;
                return Ok(Err(of_session(sessionbus::Error::Reused { user_id })));
            }
            outcome => outcome.map_err(of_session)?,
        };
        let user = app.users.with_tx(&tx).query_by_id(Scope::Any, refreshed.session.user_id).await.map_err(of_user)?;
        if !user.may_sign_in() {
            return Err(bad_refresh_token());
        }
        let access = app.authenticator.mint_within(&user, refreshed.session.id).map_err(ApiError::internal)?;
        Ok(Ok(Tokens::of(&access, &refreshed.token)))
    });
    let outcome = outcome.await.flatten();
    let tokens = attempt.settle(outcome, |error: &ApiError| error.code() == Code::Unauthorized).await?;
    reply::unkept(StatusCode::CREATED, &tokens)
}

async fn logout(app: Data<App>, caller: Caller, _: Empty) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::SessionsEnd, &caller)?;
    let session_id = caller.principal()?.session_id.ok_or_else(no_session)?;
    match app.sessions.revoke(scope, session_id).await {
        // Ended elsewhere a moment ago: what was asked for is so.
        Ok(()) | Err(sessionbus::Error::NotFound) => Ok(reply::unstored(reply::no_content())),
        Err(error) => Err(of_session(error)),
    }
}

async fn query_sessions(
    app: Data<App>,
    caller: Caller,
    Query(SessionQuery(list)): Query<SessionQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::SessionsRead, &caller)?;
    let slice = app.sessions.query(scope, list.order_by, &list.page).await.map_err(of_session)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let current = caller.principal()?.session_id;
    let items = slice.items.iter().map(|session| Session::seen_from(current, session)).collect();
    Ok(reply::unstored(reply::list(&Collection { items, next, total: slice.total }, &link)?))
}

async fn delete_session(
    app: Data<App>,
    caller: Caller,
    Id(session_id): Id<SessionId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::SessionsEnd, &caller)?;
    app.sessions.revoke(scope, session_id).await.map_err(of_session)?;
    Ok(reply::unstored(reply::no_content()))
}

async fn query_keys(app: Data<App>, _: Empty) -> Result<HttpResponse, ApiError> {
    public(reply::unkept(StatusCode::OK, &JwkSet::from(app.authenticator.keys().as_ref()))?)
}

async fn query_metadata(app: Data<App>, _: Empty) -> Result<HttpResponse, ApiError> {
    public(reply::unkept(StatusCode::OK, &Metadata::from(app.authenticator.settings()))?)
}

fn public(mut answer: HttpResponse) -> Result<HttpResponse, ApiError> {
    answer.headers_mut().insert(CACHE_CONTROL, FIVE_MINUTES);
    Ok(answer)
}
