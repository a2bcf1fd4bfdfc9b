//! The table of routes of orders.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::OrderQuery;
use crate::model::{NewOrder, Order};
use crate::{App, cancel, create, query, query_by_id, refund};

/// The routes of orders that are kept in `db`, and whose money `payments` gives back.
pub fn routes(db: sqldb::Db, payments: paymentbus::Business) -> Routes {
    Routes::new("orders", "Orders.")
        .post(
            "/v1/orders",
            Permission::OrdersWrite,
            operation("create_order", "Place an order")
                .describe(
                    "Takes the copies from the stock at the prices of now, all of them or none. 409: a film is unknown, \
                     has fewer copies left, or the films are priced in several currencies.",
                )
                .idempotent(Need::Required)
                .body::<NewOrder>()
                .body_example(json!({"items": [{"movie_id": "01890a5d-ac96-774b-bcce-b302099a8057", "quantity": 2}]}))
                .responds_json::<Order>(201)
                .located()
                .link("query_order_by_id", "id", "$response.body#/id")
                .link("cancel_order", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::Conflict),
            create,
        )
        .post(
            "/v1/orders/{id}/cancellation",
            Permission::OrdersCancel,
            operation("cancel_order", "Give up an order that is not paid yet")
                .describe("Its copies go back into the stock. 409: it is paid, or given up already.")
                .if_match(Need::Optional)
                .responds_json::<Order>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            cancel,
        )
        .post(
            "/v1/orders/{id}/refund",
            Permission::OrdersRefund,
            operation("refund_order", "Take back an order that is paid")
                .describe(
                    "Its copies go back into the stock, its money to where it came from: into the wallet at once, to a card \
                     as soon as its provider has sent it. 409: it is not paid, or taken back already.",
                )
                .if_match(Need::Optional)
                .responds_json::<Order>(200)
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            refund,
        )
        .get(
            "/v1/orders",
            Permission::OrdersRead,
            operation("query_orders", "List orders")
                .describe("The newest come first, unless a `sort` says otherwise.")
                .query::<OrderQuery>()
                .responds_json::<Collection<Order>>(200)
                .paged(),
            query,
        )
        .get(
            "/v1/orders/{id}",
            Permission::OrdersRead,
            operation("query_order_by_id", "Read one order")
                .responds_json::<Order>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_by_id,
        )
        .data(App { orders: orderbus::Business::new(db.clone()), payments, db })
}
