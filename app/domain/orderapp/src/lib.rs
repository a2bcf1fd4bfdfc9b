//! Orders over HTTP.

mod error;
mod filter;
mod model;
mod route;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::ApiError;
use auth::{Caller, Permission, policy};
use mux::{Collection, reply};
use request::{Empty, Id, OptionalIfMatch, Query, RequiredIdempotent};
use types::OrderId;

use crate::error::{of_payment, to_api};
use crate::filter::OrderQuery;
use crate::model::{NewOrder, Order};

pub use crate::route::routes;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    orders: orderbus::Business,
    payments: paymentbus::Business,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    RequiredIdempotent { body, keyed }: RequiredIdempotent<NewOrder>,
) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    let new = body.into();
    replay::once(&app.db, &caller, "POST /v1/orders", Some(keyed), async |tx| {
        let order = app.orders.with_tx(&tx).create(owner, &new).await.map_err(to_api)?;
        reply::created(&format!("/v1/orders/{}", order.id), &Order::from(&order), order.version)
    })
    .await
}

async fn cancel(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersCancel, &caller)?;
    let order = app.orders.query_by_id(scope, order_id).await.map_err(to_api)?;
    let expected = if_match.expect(order.version)?;
    let cancelled = app.orders.cancel(scope, order_id, expected).await.map_err(to_api)?;
    reply::ok(&Order::from(&cancelled), cancelled.version)
}

async fn refund(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersRefund, &caller)?;
    let order = app.orders.query_by_id(scope, order_id).await.map_err(to_api)?;
    let expected = if_match.expect(order.version)?;
    let refunded = app.payments.refund(order.id, expected).await.map_err(of_payment)?;
    reply::ok(&Order::from(&refunded), refunded.version)
}

async fn query(
    app: Data<App>,
    caller: Caller,
    Query(query): Query<OrderQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersRead, &caller)?;
    let OrderQuery { filter, list } = query;
    let slice = app.orders.query(scope, &filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(Order::from).collect();
    reply::list(&Collection { items, next, total: slice.total }, &link)
}

async fn query_by_id(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersRead, &caller)?;
    let order = app.orders.query_by_id(scope, order_id).await.map_err(to_api)?;
    reply::ok(&Order::from(&order), order.version)
}
