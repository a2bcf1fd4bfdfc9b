//! Orders: they belong to whoever placed them.

use apitest::Standing;
use auth::Permission;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use types::{Role, UserId};
use uuid::Uuid;

use crate::policy::matrix::{Cell, Line, NOTHING, OWNED, needs};
use crate::shop::film;

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "create_order",
        access: needs(Permission::OrdersWrite),
        targets: NOTHING,
        ask: |cell| async { cell.ground.api.post("/v1/orders").json(&order(cell).await) }.boxed_local(),
    },
    Line {
        operation: "cancel_order",
        access: needs(Permission::OrdersCancel),
        targets: OWNED,
        ask: |cell| async { cell.ground.api.post(format!("{}/cancellation", path(cell).await)) }.boxed_local(),
    },
    Line {
        operation: "query_orders",
        access: needs(Permission::OrdersRead),
        targets: NOTHING,
        ask: |cell| {
            async {
                let id = added(cell, cell.ground.user(Role::Customer, Standing::Active).await.id).await;
                assert_eq!(cell.others.set(id), Ok(()));
                cell.ground.api.get("/v1/orders")
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_order_by_id",
        access: needs(Permission::OrdersRead),
        targets: OWNED,
        ask: |cell| async { cell.ground.api.get(path(cell).await) }.boxed_local(),
    },
];

/// The path of an order that is there, or is not.
pub(crate) async fn path(cell: &Cell<'_>) -> String {
    let id = match cell.target_user().await {
        Ok(user) => added(cell, user.id).await,
        Err(_) => Uuid::now_v7(),
    };
    format!("/v1/orders/{id}")
}

/// Adds an order that belongs to `owner`, whatever they may do themselves.
async fn added(cell: &Cell<'_>, owner: UserId) -> Uuid {
    let api = &cell.ground.api;
    let created = api.post("/v1/orders").by(Role::Customer).json(&order(cell).await).send().await.expect(201).json();
    let id: Uuid = created["id"].as_str().unwrap().parse().unwrap();
    api.hand_over("orders", "order_id", id, owner).await;
    id
}

/// An order of a film of its own, so that none waits for another.
async fn order(cell: &Cell<'_>) -> Value {
    let film = film(&Uuid::now_v7().to_string());
    let added = cell.ground.api.post("/v1/movies").by(Role::Editor).json(&film).send().await.expect(201);
    json!({"items": [{"movie_id": added.json()["id"], "quantity": 1}]})
}
