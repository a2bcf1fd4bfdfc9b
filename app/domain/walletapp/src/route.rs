//! The table of routes of wallets.

use std::sync::Arc;

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use peers::Payees;
use serde_json::json;

use crate::filter::EntryQuery;
use crate::model::{Entry, NewTransfer, Transfer, Wallet};
use crate::{App, create_transfer, query, query_transfer_by_id, query_wallet};

/// The routes of wallets that are kept in `db`; `payees` knows whom money can be sent to.
pub fn routes(db: sqldb::Db, payees: Arc<dyn Payees>) -> Routes {
    Routes::new("wallet", "What one has, and what happened to it.")
        .get(
            "/v1/wallet",
            Permission::WalletRead,
            operation("query_wallet", "Read one's wallet").responds_json::<Wallet>(200),
            query_wallet,
        )
        .get(
            "/v1/wallet/entries",
            Permission::WalletRead,
            operation("query_wallet_entries", "List what came into one's wallet, and went out of it")
                .describe("The newest come first, unless a `sort` says otherwise. Entries are never changed.")
                .query::<EntryQuery>()
                .responds_json::<Collection<Entry>>(200)
                .paged(),
            query,
        )
        .post(
            "/v1/wallet/transfers",
            Permission::WalletWrite,
            operation("create_transfer", "Send money to somebody")
                .describe(
                    "409: there is not enough money in this currency, the receiver is oneself or nobody, or cannot hold \
                     more.",
                )
                .idempotent(Need::Required)
                .body::<NewTransfer>()
                .body_example(json!({"to": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "amount": {"amount": 500, "currency": "USD"}}))
                .responds_json::<Transfer>(201)
                .located()
                .link("query_transfer_by_id", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::Conflict),
            create_transfer,
        )
        .get(
            "/v1/wallet/transfers/{id}",
            Permission::WalletRead,
            operation("query_transfer_by_id", "Read a transfer that one sent or got")
                .responds_json::<Transfer>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_transfer_by_id,
        )
        .data(App { wallets: walletbus::Business::new(db.clone()), payees, db })
}
