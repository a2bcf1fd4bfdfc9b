//! Orders over HTTP.

mod error;
mod filter;
mod model;
mod route;
mod seed;

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::ApiError;
use auth::{Caller, Permission, policy};
use mux::{Collection, reply};
use request::{Empty, Id, Idempotent, IfMatch, MergePatch, OptionalIfMatch, Query};
use types::OrderId;

use crate::error::to_api;
use crate::filter::OrderQuery;
use crate::model::{NewOrder, Order, UpdateOrder};

pub use crate::route::routes;
pub use crate::seed::SEED;

/// What the handlers need.
struct App {
    db: sqldb::Db,
    orders: orderbus::Business,
}

async fn create(
    app: Data<App>,
    caller: Caller,
    Idempotent { body, keyed }: Idempotent<NewOrder>,
) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    replay::once(&app.db, &caller, "POST /v1/orders", keyed, async |tx| {
        let order = app.orders.with_tx(&tx).create(owner, body.clone().into()).await.map_err(to_api)?;
        reply::created(&format!("/v1/orders/{}", order.id), &Order::from(&order), order.version)
    })
    .await
}

async fn update(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    if_match: IfMatch,
    MergePatch(patch): MergePatch<UpdateOrder>,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersWrite, &caller)?;
    let order = app.orders.query_by_id(scope, order_id).await.map_err(to_api)?;
    if_match.check(order.version)?;
    let updated = app.orders.update(&order, patch.of(&order)?).await.map_err(to_api)?;
    reply::ok(&Order::from(&updated), updated.version)
}

async fn delete(
    app: Data<App>,
    caller: Caller,
    Id(order_id): Id<OrderId>,
    if_match: OptionalIfMatch,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::OrdersWrite, &caller)?;
    let order = app.orders.query_by_id(scope, order_id).await.map_err(to_api)?;
    let expected = if_match.expect(order.version)?;
    app.orders.delete(scope, order_id, expected).await.map_err(to_api)?;
    Ok(reply::no_content())
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
