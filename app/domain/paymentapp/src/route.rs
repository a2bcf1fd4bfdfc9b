//! The table of routes of payments.

use apierror::Code;
use auth::Permission;
use mux::{Need, Routes, operation};
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::model::{NewDeposit, NewPayment, Payment};
use crate::notice::{HEADERS, ShownNotice};
use crate::{App, create, create_deposit, hear, query_by_order, query_deposit_by_id};

/// The routes of payments that are kept in `db`; notices of the provider are believed by `notices`, none without it.
pub fn routes(db: sqldb::Db, payments: paymentbus::Business, notices: Option<cards::webhook::Secret>) -> Routes {
    let mut notice = operation("hear_of_charge", "Tell what became of a charge")
        .describe(
            "For the provider of card payments, whose notices are signed as Standard Webhooks 1.0 says \
             (https://www.standardwebhooks.com). They may come late, twice, and in any order. 403: the signature is not \
             right, or the notice is older than 5 minutes.",
        )
        .body::<ShownNotice>()
        .body_example(json!({"type": "charge.succeeded", "data": {"id": "ch_1", "status": "succeeded",
            "reference": "01890a5d-ac96-774b-bcce-b302099a8057", "amount": 999, "currency": "USD",
            "created_at": "2026-01-01T00:00:00Z"}}))
        .responds_empty(204)
        .refuses(Code::Forbidden)
        .refuses(Code::NotFound);
    for (name, description) in HEADERS {
        notice = notice.parameter(header(name, description));
    }
    Routes::new("payments", "Payments.")
        .post(
            "/v1/orders/{id}/payment",
            Permission::OrdersPay,
            operation("pay_for_order", "Pay for an order")
                .describe(
                    "201 and `pending`: the provider takes its time, and the order is paid when it has decided; `refunding`: \
                     the order was given up meanwhile, and the money goes back to the card. 409: the order is not pending, the payment failed, or another one is under way. 503: the provider does not \
                     answer; the same request with the same key tells what became of it.",
                )
                .idempotent(Need::Required)
                .body::<NewPayment>()
                .body_example(json!({"method": "wallet"}))
                .responds_json::<Payment>(201)
                .located()
                .tagged()
                .refuses(Code::NotFound)
                .refuses(Code::Conflict),
            create,
        )
        .get(
            "/v1/orders/{id}/payment",
            Permission::OrdersRead,
            operation("query_payment_of_order", "Read the last payment for an order")
                .responds_json::<Payment>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_by_order,
        )
        .post(
            "/v1/wallet/deposits",
            Permission::WalletWrite,
            operation("create_deposit", "Fill one's wallet by card")
                .describe("201 and `pending`: the money comes when the provider has decided. 409: the card was declined.")
                .idempotent(Need::Required)
                .body::<NewDeposit>()
                .body_example(json!({"amount": {"amount": 2500, "currency": "USD"}, "token": "tok_visa"}))
                .responds_json::<Payment>(201)
                .located()
                .link("query_deposit_by_id", "id", "$response.body#/id")
                .tagged()
                .refuses(Code::Conflict),
            create_deposit,
        )
        .get(
            "/v1/wallet/deposits/{id}",
            Permission::WalletRead,
            operation("query_deposit_by_id", "Read one deposit")
                .responds_json::<Payment>(200)
                .tagged()
                .refuses(Code::NotFound),
            query_deposit_by_id,
        )
        .post("/v1/payments/notices", Permission::PaymentsTell, notice, hear)
        .data(App { db, payments, notices })
}

fn header(name: &'static str, description: &'static str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text))
        .example(Some(Value::from("1")))
        .build()
}
