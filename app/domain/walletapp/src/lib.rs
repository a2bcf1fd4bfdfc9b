//! Wallets over HTTP.

mod error;
mod filter;
mod model;
mod route;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use apierror::ApiError;
use auth::Caller;
use mux::{Collection, reply};
use peers::{Asking, Payees};
use request::{Empty, Id, Query, RequiredIdempotent};
use types::Version;
use walletbus::TransferId;

use crate::error::{nobody, to_api};
use crate::filter::EntryQuery;
use crate::model::{Entry, NewTransfer, Transfer, Wallet};

pub use crate::route::routes;

/// What the keys of transfers are for.
const TRANSFER: &str = "POST /v1/wallet/transfers";

/// What the handlers need.
struct App {
    db: sqldb::Db,
    wallets: walletbus::Business,
    payees: Arc<dyn Payees>,
}

async fn create_transfer(
    app: Data<App>,
    caller: Caller,
    asking: Asking,
    RequiredIdempotent { body, keyed }: RequiredIdempotent<NewTransfer>,
) -> Result<HttpResponse, ApiError> {
    let from = caller.principal()?.user_id;
    let NewTransfer { to, amount } = body;
    if let Some(answer) = replay::kept(&app.db, &caller, TRANSFER, &keyed).await? {
        return Ok(answer);
    }
    // Before the transaction, which waits for nobody: an account that goes meanwhile keeps its wallet.
    app.payees.find(&asking, to).await?.ok_or_else(nobody)?;
    replay::once(&app.db, &caller, TRANSFER, Some(keyed), async |tx| {
        let transfer = app.wallets.with_tx(&tx).transfer(from, to, amount).await.map_err(to_api)?;
        let location = format!("/v1/wallet/transfers/{}", transfer.id);
        Ok(reply::unstored(reply::created(&location, &Transfer::from(&transfer), Version::FIRST)?))
    })
    .await
}

async fn query(
    app: Data<App>,
    caller: Caller,
    Query(query): Query<EntryQuery>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    let EntryQuery { filter, list } = query;
    let slice = app.wallets.query(owner, &filter, list.order_by, &list.page).await.map_err(to_api)?;
    let next = slice.next.as_ref().map(|keys| list.continuation.cursor(keys));
    let link = list.continuation.link(next.as_deref());
    let items = slice.items.iter().map(Entry::from).collect();
    Ok(reply::unstored(reply::list(&Collection { items, next, total: slice.total }, &link)?))
}

async fn query_wallet(app: Data<App>, caller: Caller, _: Empty) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    let balances = app.wallets.balances(owner).await.map_err(to_api)?;
    reply::unkept(StatusCode::OK, &Wallet::new(owner, &balances))
}

async fn query_transfer_by_id(
    app: Data<App>,
    caller: Caller,
    Id(transfer_id): Id<TransferId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let owner = caller.principal()?.user_id;
    let transfer = app.wallets.query_by_id(owner, transfer_id).await.map_err(to_api)?;
    Ok(reply::unstored(reply::ok(&Transfer::from(&transfer), Version::FIRST)?))
}
