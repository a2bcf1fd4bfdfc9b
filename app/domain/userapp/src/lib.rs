//! Users over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::web::Data;
use apierror::ApiError;
use auth::{Caller, Permission, policy};
use brakes::{Brakes, Delivery, Mail};
use mux::{Collection, reply};
use request::{Empty, Id, IfMatch, Json, MergePatch, OptionalIfMatch, Query};
use types::{Scope, UserId};

use crate::error::{bad_token, of_password_change, of_session, of_user};
use crate::filter::UserQuery;
use crate::model::{
    Accepted, Activation, NewPassword, PasswordChange, Payee, Recipient, Registration, UpdateUser, User, UserRoles,
};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    users: userbus::Business,
    sessions: sessionbus::Business,
    brakes: Brakes,
}

async fn register(app: Data<App>, Json(Registration(new)): Json<Registration>) -> Result<HttpResponse, ApiError> {
    // Before a mail is counted: a password that is refused has none sent.
    new.check().map_err(of_user)?;
    match app.brakes.mail(Mail::Registration, &new.email).await? {
        Delivery::Due => app.users.register(new).await,
        // The password still counts: an account that somebody else registered first must not be activated with theirs.
        Delivery::Withheld => app.users.register_quietly(new).await,
    }
    .map_err(of_user)?;
    accepted("A mail with the next step is on its way to the address.")
}

async fn activate(app: Data<App>, Json(Activation(token)): Json<Activation>) -> Result<HttpResponse, ApiError> {
    let attempt = app.brakes.token().await?;
    let token = token.ok_or_else(bad_token)?;
    let user = attempt.settle(app.users.activate(&token).await, is_guess).await.map_err(of_user)?;
    app.brakes.acquaint(&user.email).await;
    account(&user)
}

async fn mail_activation(app: Data<App>, Json(Recipient(email)): Json<Recipient>) -> Result<HttpResponse, ApiError> {
    if app.brakes.mail(Mail::Activation, &email).await? == Delivery::Due {
        app.users.request_activation_mail(&email).await.map_err(of_user)?;
    }
    accepted("If the address has an account to activate, a mail with a token is on its way to it.")
}

async fn mail_password_reset(
    app: Data<App>,
    Json(Recipient(email)): Json<Recipient>,
) -> Result<HttpResponse, ApiError> {
    if app.brakes.mail(Mail::PasswordReset, &email).await? == Delivery::Due {
        app.users.request_password_reset_mail(&email).await.map_err(of_user)?;
    }
    accepted("If the address has an account, a mail with a token is on its way to it.")
}

async fn reset_password(
    app: Data<App>,
    Json(NewPassword { token, password }): Json<NewPassword>,
) -> Result<HttpResponse, ApiError> {
    let attempt = app.brakes.token().await?;
    let token = token.ok_or_else(bad_token)?;
    let outcome = app.users.prepare_password_reset(&token, &password).await;
    let reset = attempt.settle(outcome, is_guess).await.map_err(of_user)?;
    let change = app.db.transact(async |tx| {
        let user = app.users.with_tx(&tx).reset_password(&reset).await.map_err(of_user)?;
        app.sessions.with_tx(&tx).revoke_all(user.id, None).await.map_err(of_session)?;
        Ok::<_, ApiError>(user)
    });
    let user = change.await?;
    // Whoever reads the owner's mail gets in from here, while others guess from elsewhere.
    app.brakes.acquaint(&user.email).await;
    Ok(reply::unstored(reply::no_content()))
}

async fn update(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    if_match: IfMatch,
    MergePatch(patch): MergePatch<UpdateUser>,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersWrite, &caller)?;
    if patch.enabled.is_some() {
        policy::decide(Permission::UsersEnable, &caller)?;
    }
    let update = userbus::UpdateUser::from(patch);
    if let Some(email) = &update.email {
        let user = app.users.query_by_id(scope, user_id).await.map_err(of_user)?;
        if_match.check(user.version)?;
        if *email != user.email {
            app.brakes.another_address(user_id).await?;
        }
    }
    let change = app.db.transact(async |tx| {
        let users = app.users.with_tx(&tx);
        let user = users.query_by_id(scope, user_id).await.map_err(of_user)?;
        if_match.check(user.version)?;
        let updated = users.update(&user, update.clone()).await.map_err(of_user)?;
        if !updated.enabled {
            app.sessions.with_tx(&tx).revoke_all(user_id, None).await.map_err(of_session)?;
        }
        Ok::<_, ApiError>(updated)
    });
    account(&change.await?)
}

async fn change_password(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    Json(PasswordChange { current, password }): Json<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersPassword, &caller)?;
    let caller = caller.principal()?;
    let is_own = caller.user_id == user_id;
    // Before anything is hashed: to whom an account is none of their business it does not exist.
    if !scope.covers(user_id) {
        return Err(of_user(userbus::Error::NotFound));
    }
    let attempt = app.brakes.confirmation(caller.user_id).await?;
    let prepared = if is_own {
        let outcome = app.users.prepare_password_change(scope, user_id, &current, &password).await;
        attempt.settle(outcome, is_guess).await
    } else {
        let own = Scope::Own(caller.user_id);
        let outcome = app.users.verify_password(own, caller.user_id, &current).await;
        attempt.settle(outcome, is_guess).await.map_err(of_user)?;
        app.users.prepare_password_replacement(scope, user_id, &password).await
    };
    let prepared = prepared.map_err(of_user)?;
    let stays = caller.session_id.filter(|_| is_own);
    let change = app.db.transact(async |tx| {
        app.users.with_tx(&tx).change_password(&prepared).await.map_err(of_password_change)?;
        app.sessions.with_tx(&tx).revoke_all(user_id, stays).await.map_err(of_session)
    });
    change.await?;
    Ok(reply::unstored(reply::no_content()))
}

async fn delete(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersDelete, &caller)?;
    let change = app.db.transact(async |tx| {
        let users = app.users.with_tx(&tx);
        let user = users.lock(scope, user_id).await.map_err(of_user)?;
        let expected = if_match.expect(user.version)?;
        // They would go with the user, and nobody would be told.
        app.sessions.with_tx(&tx).revoke_all(user_id, None).await.map_err(of_session)?;
        users.delete(user_id, expected).await.map_err(of_user)
    });
    change.await?;
    Ok(reply::unstored(reply::no_content()))
}

async fn set_roles(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    if_match: OptionalIfMatch,
    Json(UserRoles(roles)): Json<UserRoles>,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersGrant, &caller)?;
    let user = app.users.query_by_id(scope, user_id).await.map_err(of_user)?;
    let expected = if_match.expect(user.version)?;
    let user = app.users.set_roles(user_id, roles, expected).await.map_err(of_user)?;
    account(&user)
}

async fn query(
    app: Data<App>,
    caller: Caller,
    Query(query): Query<UserQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersQuery, &caller)?;
    let UserQuery { filter, list } = query;
    let slice = app.users.query(scope, &filter, list.order_by, &list.page).await.map_err(of_user)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(User::from).collect();
    Ok(reply::unstored(reply::list(&Collection { items, next, total: slice.total }, &link)?))
}

async fn query_me(app: Data<App>, caller: Caller, _: Empty) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersRead, &caller)?;
    let user_id = caller.principal()?.user_id;
    account(&app.users.query_by_id(scope, user_id).await.map_err(of_user)?)
}

/// To whom an account is none of their business it does not exist.
async fn query_by_id(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersRead, &caller)?;
    account(&app.users.query_by_id(scope, user_id).await.map_err(of_user)?)
}

/// Whoever has the id of an account learns its name, and nothing of one that could not be paid.
async fn query_payee(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    policy::decide(Permission::PayeesRead, &caller)?;
    let user = app.users.query_payee(user_id).await.map_err(of_user)?;
    reply::unkept(StatusCode::OK, &Payee::from(&user))
}

/// Whether somebody may have guessed, and was wrong.
fn is_guess(error: &userbus::Error) -> bool {
    matches!(error, userbus::Error::InvalidToken | userbus::Error::WrongPassword)
}

/// 200 with an account and its version, which nobody may keep.
fn account(user: &userbus::User) -> Result<HttpResponse, ApiError> {
    let mut answer = reply::unkept(StatusCode::OK, &User::from(user))?;
    answer.headers_mut().insert(ETAG, reply::etag(user.version));
    Ok(answer)
}

/// 202, the same to the byte for every address.
fn accepted(message: &'static str) -> Result<HttpResponse, ApiError> {
    reply::unkept(StatusCode::ACCEPTED, &Accepted::saying(message))
}
