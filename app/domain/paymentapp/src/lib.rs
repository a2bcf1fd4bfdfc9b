//! Payments over HTTP.

mod error;
mod model;
mod notice;
mod route;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::{ApiError, Code};
use auth::{Caller, Permission, policy};
use mux::reply;
use request::{Empty, Id, Keyed, RequiredIdempotent};
use types::{OrderId, PaymentId, Scope};

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
    let scope = policy::decide(Permission::OrdersPay, &caller)?;
    let NewPayment { method, token } = body;
    let attempt = Attempt { app: &app, caller: &caller, route: "POST /v1/orders/{id}/payment", keyed };
    let begin = async |payments: paymentbus::Business| payments.begin(scope, order_id, method).await;
    attempt
        .run(token.as_ref(), begin, |payment| {
            reply::created(&format!("/v1/orders/{order_id}/payment"), &Payment::from(payment), payment.version)
        })
        .await
}

async fn create_deposit(
    app: Data<App>,
    caller: Caller,
    RequiredIdempotent { body, keyed }: RequiredIdempotent<NewDeposit>,
) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    let NewDeposit { amount, token } = body;
    let attempt = Attempt { app: &app, caller: &caller, route: "POST /v1/wallet/deposits", keyed };
    let begin = async |payments: paymentbus::Business| payments.begin_deposit(owner, amount).await;
    attempt
        .run(Some(&token), begin, |payment| {
            let location = format!("/v1/wallet/deposits/{}", payment.id);
            Ok(reply::unstored(reply::created(&location, &Payment::from(payment), payment.version)?))
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

/// A payment that is asked for under a key.
struct Attempt<'a> {
    app: &'a App,
    caller: &'a Caller,
    route: &'static str,
    keyed: Keyed,
}

impl Attempt<'_> {
    /// Begins it, asks for the money, writes down what became of it, each once for the key, and answers with what `show`
    /// makes of the payment. Whoever asks again goes on from wherever the first one got.
    async fn run(
        self,
        token: Option<&cards::Token>,
        begin: impl AsyncFn(paymentbus::Business) -> Result<paymentbus::Payment, paymentbus::Error>,
        show: impl Fn(&paymentbus::Payment) -> Result<HttpResponse, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let Self { app, caller, route, keyed } = self;
        if let Some(answer) = replay::kept(&app.db, caller, route, &keyed).await? {
            return Ok(answer);
        }
        let payment_id = replay::begin(&app.db, caller, route, &keyed, async |tx| {
            let payment = begin(app.payments.with_tx(&tx)).await.map_err(to_api)?;
            Ok(payment.id.uuid())
        })
        .await?;
        let payment_id = PaymentId::restore(payment_id);
        let payment = app.payments.query_by_id(Scope::Any, payment_id).await.map_err(to_api)?;
        let outcome = app.payments.ask(&payment, token).await.map_err(to_api)?;
        let answer = replay::once(&app.db, caller, route, Some(keyed), async |tx| {
            let payment = app.payments.with_tx(&tx).settle(payment_id, &outcome).await.map_err(to_api)?;
            if payment.status == paymentbus::Status::Failed { Err(failed(&payment)) } else { show(&payment) }
        })
        .await;
        // An answer that is no success is not kept, and neither is what was written with it.
        if answer.as_ref().is_err_and(|error| error.code() == Code::Conflict) {
            app.payments.settle(payment_id, &outcome).await.map_err(to_api)?;
        }
        answer
    }
}
