//! The table of routes of orders.

use apierror::Code;
use auth::Permission;
use mux::{Collection, Need, Routes, operation};
use serde_json::json;

use crate::filter::OrderQuery;
use crate::model::{NewOrder, Order, UpdateOrder};
use crate::{App, create, delete, query, query_by_id, update};

/// The routes of orders that are kept in `db`.
pub fn routes(db: sqldb::Db) -> Routes {
    Routes::new("orders", "Orders.")
        .post(
            "/v1/orders",
            Permission::OrdersWrite,
            operation("create_order", "Add an order")
                .idempotent(Need::Optional)
                .body::<NewOrder>()
                .body_example(json!({
                    "status": "pending",
                    "worth": {"amount": 999, "currency": "USD"},
                }))
                .responds_json::<Order>(201)
                .located()
                .link("query_order_by_id", "id", "$response.body#/id")
                .link("update_order", "id", "$response.body#/id")
                .link("delete_order", "id", "$response.body#/id")
                .tagged(),
            create,
        )
        .patch(
            "/v1/orders/{id}",
            Permission::OrdersWrite,
            operation("update_order", "Change an order")
                .describe("An update that changes nothing keeps the version.")
                .if_match(Need::Required)
                .merge_patch::<UpdateOrder>()
                .body_example(json!({"status": "paid" }))
                .responds_json::<Order>(200)
                .tagged()
                .refuses(Code::NotFound),
            update,
        )
        .delete(
            "/v1/orders/{id}",
            Permission::OrdersWrite,
            operation("delete_order", "Remove an order")
                .if_match(Need::Optional)
                .responds_empty(204)
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            delete,
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
        .data(App { orders: orderbus::Business::new(db.clone()), db })
}
