//! Payments over HTTP.

mod error;
mod model;
mod notice;
mod route;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::ApiError;
use auth::{Caller, Permission, policy};
use mux::reply;
use request::{Empty, Id, RequiredIdempotent};
use types::{OrderId, PaymentId};

use crate::error::{failed, to_api};
use crate::model::{NewDeposit, NewPayment, Payment};
use crate::notice::Notice;

pub use crate::route::routes;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    payments: paymentbus::Business,
    notices: Option<cards::webhook::Secret>,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    RequiredIdempotent { body, keyed }: RequiredIdempotent<NewPayment>,
) -> Result<HttpResponse, ApiError> {
    const ROUTE: &str = "POST /v1/orders/{id}/payment";
    let scope = policy::decide(Permission::OrdersPay, &caller)?;
    let NewPayment { method, token } = body;
    let payment_id = replay::begin(&app.db, &caller, ROUTE, &keyed, async |tx| {
        let payment = app.payments.with_tx(&tx).begin(scope, order_id, method).await.map_err(to_api)?;
        Ok(payment.id.uuid())
    })
    .await?;
    let outcome = ask(&app, PaymentId::restore(payment_id), token.as_ref()).await?;
    replay::once(&app.db, &caller, ROUTE, Some(keyed), async |tx| {
        let payment = settle(&app, &tx, payment_id, &outcome).await?;
        reply::created(&format!("/v1/orders/{order_id}/payment"), &Payment::from(&payment), payment.version)
    })
    .await
}

async fn create_deposit(
    app: Data<App>,
    caller: Caller,
    RequiredIdempotent { body, keyed }: RequiredIdempotent<NewDeposit>,
) -> Result<HttpResponse, ApiError> {
    const ROUTE: &str = "POST /v1/wallet/deposits";
    let owner = caller.principal()?.user_id;
    let NewDeposit { amount, token } = body;
    let payment_id = replay::begin(&app.db, &caller, ROUTE, &keyed, async |tx| {
        let payment = app.payments.with_tx(&tx).begin_deposit(owner, amount).await.map_err(to_api)?;
        Ok(payment.id.uuid())
    })
    .await?;
    let outcome = ask(&app, PaymentId::restore(payment_id), Some(&token)).await?;
    replay::once(&app.db, &caller, ROUTE, Some(keyed), async |tx| {
        let payment = settle(&app, &tx, payment_id, &outcome).await?;
        let location = format!("/v1/wallet/deposits/{}", payment.id);
        let answer = reply::created(&location, &Payment::from(&payment), payment.version)?;
        Ok(reply::unstored(answer))
    })
    .await
}

async fn query_by_order(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersRead, &caller)?;
    let payment = app.payments.query_by_order(scope, order_id).await.map_err(to_api)?;
    reply::ok(&Payment::from(&payment), payment.version)
}

async fn query_deposit_by_id(
    app: Data<App>,
    caller: Caller,
    Id(payment_id): Id<PaymentId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::WalletRead, &caller)?;
    let payment = app.payments.query_deposit_by_id(scope, payment_id).await.map_err(to_api)?;
    Ok(reply::unstored(reply::ok(&Payment::from(&payment), payment.version)?))
}

/// The provider tells what became of a charge. It is told again until this succeeds.
async fn hear(app: Data<App>, notice: Notice) -> Result<HttpResponse, ApiError> {
    if let Some(charge) = notice.charge(app.notices.as_ref())? {
        app.payments.hear(charge).await.map_err(to_api)?;
    }
    Ok(reply::no_content())
}

/// Asks for the money. That a card was declined is written down before it is answered: an answer that is no success is not
/// kept, and neither is what was done for it.
async fn ask(app: &App, payment_id: PaymentId, token: Option<&cards::Token>) -> Result<paymentbus::Outcome, ApiError> {
    let payment = app.payments.query_by_id(types::Scope::Any, payment_id).await.map_err(to_api)?;
    let outcome = app.payments.ask(&payment, token).await.map_err(to_api)?;
    if let paymentbus::Outcome::Refused(..) = &outcome {
        let payment = app.payments.settle(payment_id, &outcome).await.map_err(to_api)?;
        return Err(failed(&payment));
    }
    Ok(outcome)
}

async fn settle(
    app: &App,
    tx: &sqldb::Tx,
    payment_id: uuid::Uuid,
    outcome: &paymentbus::Outcome,
) -> Result<paymentbus::Payment, ApiError> {
    let payment_id = PaymentId::restore(payment_id);
    let payment = app.payments.with_tx(tx).settle(payment_id, outcome).await.map_err(to_api)?;
    match payment.status {
        paymentbus::Status::Failed => Err(failed(&payment)),
        _ => Ok(payment),
    }
}
