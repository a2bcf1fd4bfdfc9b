//! Wallets and payments: everybody has a wallet, and who ordered pays.

use apitest::Standing;
use auth::Permission;
use cards::webhook::WireNotice;
use cards::wire::WireCharge;
use cards::{Charge, ChargeId, Status};
use futures_util::FutureExt as _;
use paymentbus::{MethodKind, Outcome, Payment};
use serde_json::json;
use types::{Amount, Currency, Money, OrderId, PaymentId, Role, Scope, UserId};
use uuid::Uuid;
use walletbus::{Movement, Transfer};

use crate::policy::lines::orders;
use crate::policy::matrix::{Cell, Line, NOTHING, OWNED, needs};

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "pay_for_order",
        access: needs(Permission::OrdersPay),
        targets: OWNED,
        ask: |cell| {
            async {
                let path = format!("{}/payment", orders::path(cell).await);
                cell.ground.api.post(path).json(&json!({"method": "card", "token": "tok_visa"}))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_payment_of_order",
        access: needs(Permission::OrdersRead),
        targets: OWNED,
        ask: |cell| {
            async {
                let path = orders::path(cell).await;
                begun(cell, &path).await;
                cell.ground.api.get(format!("{path}/payment"))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "refund_order",
        access: needs(Permission::OrdersRefund),
        targets: OWNED,
        ask: |cell| {
            async {
                let path = orders::path(cell).await;
                if let Some(payment) = begun(cell, &path).await {
                    payments(cell).settle(payment.id, &Outcome::Paid(Some(charge_id()))).await.unwrap();
                }
                cell.ground.api.post(format!("{path}/refund"))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "create_deposit",
        access: needs(Permission::WalletWrite),
        targets: NOTHING,
        ask: |cell| {
            async {
                let body = json!({"amount": {"amount": 5, "currency": "USD"}, "token": "tok_visa"});
                cell.ground.api.post("/v1/wallet/deposits").json(&body)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_deposit_by_id",
        access: needs(Permission::WalletRead),
        targets: OWNED,
        ask: |cell| {
            async {
                let id = match cell.target_user().await {
                    Ok(user) => deposit(cell, user.id).await.id,
                    Err(_) => PaymentId::new(),
                };
                cell.ground.api.get(format!("/v1/wallet/deposits/{id}"))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "hear_of_charge",
        access: needs(Permission::PaymentsTell),
        targets: NOTHING,
        ask: |cell| {
            async {
                let user = cell.ground.user(Role::Customer, Standing::Active).await;
                let payment = deposit(cell, user.id).await;
                let (created_at, status) = (types::now(), Status::Succeeded);
                let charge =
                    Charge { id: charge_id(), reference: payment.id, amount: payment.amount, status, created_at };
                let notice = WireNotice { kind: "charge.succeeded".to_owned(), data: WireCharge::from(&charge) };
                let body = serde_json::to_vec(&notice).unwrap();
                let timestamp = types::now().timestamp().to_string();
                let secret = cell.ground.resources.cards.notices.as_ref().unwrap();
                let signature = secret.sign("msg_1", &timestamp, &body);
                let request = cell.ground.api.post("/v1/payments/notices").body("application/json", body);
                let request = request.header("webhook-id", "msg_1").header("webhook-timestamp", &timestamp);
                request.header("webhook-signature", &signature)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_wallet",
        access: needs(Permission::WalletRead),
        targets: NOTHING,
        ask: |cell| async { cell.ground.api.get("/v1/wallet") }.boxed_local(),
    },
    Line {
        operation: "query_wallet_entries",
        access: needs(Permission::WalletRead),
        targets: NOTHING,
        ask: |cell| {
            async {
                let user = cell.ground.user(Role::Customer, Standing::Active).await;
                let transfer = transfer(cell, user.id).await;
                assert_eq!(cell.others.set(transfer.id.uuid()), Ok(()));
                cell.ground.api.get("/v1/wallet/entries")
            }
            .boxed_local()
        },
    },
    Line {
        operation: "create_transfer",
        access: needs(Permission::WalletWrite),
        targets: NOTHING,
        ask: |cell| {
            async {
                if let Some(caller) = &cell.caller {
                    fill(cell, caller.id).await;
                }
                let to = cell.ground.user(Role::Customer, Standing::Active).await.id.to_string();
                let body = json!({"to": to, "amount": {"amount": 5, "currency": "USD"}});
                cell.ground.api.post("/v1/wallet/transfers").json(&body)
            }
            .boxed_local()
        },
    },
    Line {
        operation: "query_transfer_by_id",
        access: needs(Permission::WalletRead),
        targets: OWNED,
        ask: |cell| {
            async {
                let id = match cell.target_user().await {
                    Ok(user) => transfer(cell, user.id).await.id.uuid(),
                    Err(_) => Uuid::now_v7(),
                };
                cell.ground.api.get(format!("/v1/wallet/transfers/{id}"))
            }
            .boxed_local()
        },
    },
];

fn dollars(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

fn charge_id() -> ChargeId {
    ChargeId::parse(&format!("ch_{}", Uuid::now_v7().simple())).unwrap()
}

fn payments(cell: &Cell<'_>) -> paymentbus::Business {
    paymentbus::Business::new(cell.ground.api.db().clone(), cell.ground.resources.cards.provider.clone())
}

fn wallets(cell: &Cell<'_>) -> walletbus::Business {
    walletbus::Business::new(cell.ground.api.db().clone())
}

/// Begins to pay for the order at this path, if it is there.
async fn begun(cell: &Cell<'_>, path: &str) -> Option<Payment> {
    let id = path.rsplit('/').next().and_then(|id| OrderId::parse(id).ok()).unwrap();
    match payments(cell).begin(Scope::Any, id, MethodKind::Card).await {
        Ok(payment) => Some(payment),
        Err(paymentbus::Error::Order(_)) => None,
        Err(error) => panic!("{error:?}"),
    }
}

async fn deposit(cell: &Cell<'_>, owner: UserId) -> Payment {
    payments(cell).begin_deposit(owner, Amount::parse(dollars(5)).unwrap()).await.unwrap()
}

async fn fill(cell: &Cell<'_>, owner: UserId) {
    wallets(cell).post(Movement::Deposit(owner), PaymentId::new(), dollars(5)).await.unwrap();
}

/// Something that `owner` sent to somebody.
async fn transfer(cell: &Cell<'_>, owner: UserId) -> Transfer {
    fill(cell, owner).await;
    let to = cell.ground.user(Role::Customer, Standing::Active).await.id;
    wallets(cell).transfer(owner, to, Amount::parse(dollars(5)).unwrap()).await.unwrap()
}
