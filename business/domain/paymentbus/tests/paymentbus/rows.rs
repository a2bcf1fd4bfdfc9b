//! What the table itself refuses.

use paymentbus::MethodKind;
use sqlx::Connection as _;
use types::Scope;

use crate::samples::{paid, shop};

/// The name of the constraint that refuses `change` of a payment.
async fn refusal(conn: &mut sqlx::PgConnection, change: &'static str) -> String {
    let error = sqlx::raw_sql(change).execute(conn).await.expect_err(change);
    let report = error.as_database_error().expect("a report of the server");
    report.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_table_keeps_the_rules_by_itself() {
    let shop = shop().await;
    let order = shop.order().await;
    let payment = shop.payments.begin(Scope::Any, order.id, MethodKind::Card).await.unwrap();
    shop.payments.settle(payment.id, &paid("ch_1")).await.unwrap();
    let mut conn = shop.database.connect().await;
    for (change, constraint) in [
        ("UPDATE payments SET method = 'cheque'", "payments_method_known"),
        ("UPDATE payments SET status = 'surplus'", "payments_status_known"),
        ("UPDATE payments SET order_id = NULL, method = 'wallet'", "payments_deposit_by_card"),
        ("UPDATE payments SET amount = -1", "payments_amount_range"),
        ("UPDATE payments SET amount = 499999999999501", "payments_amount_range"),
        ("UPDATE payments SET currency = 'usd'", "payments_currency"),
        ("UPDATE payments SET charge_id = ''", "payments_charge_id_length"),
        ("UPDATE payments SET reason = 'Card declined'", "payments_reason_word"),
        ("UPDATE payments SET status = 'failed'", "payments_reason_known"),
        ("UPDATE payments SET version = 0", "payments_version_range"),
        ("INSERT INTO payments SELECT gen_random_uuid(), owner_id, order_id, method, amount, currency, 'pending', NULL, NULL, 1, now(), now()
            FROM payments", "payments_one_for_an_order"),
        ("INSERT INTO payments SELECT gen_random_uuid(), owner_id, NULL, method, amount, currency, status, charge_id, NULL, 1, now(), now()
            FROM payments", "payments_charge_key"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
}
