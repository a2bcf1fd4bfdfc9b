//! What the tables themselves refuse.

use sqlx::Connection as _;

use crate::samples::{amount, business, cents, fill, person};

/// The name of the constraint that refuses `change` of the ledger.
async fn refusal(conn: &mut sqlx::PgConnection, change: &'static str) -> String {
    let error = sqlx::raw_sql(change).execute(conn).await.expect_err(change);
    let report = error.as_database_error().expect("a report of the server");
    report.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_tables_keep_the_rules_by_themselves() {
    let (database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    wallets.transfer(person(1), person(2), amount(300)).await.unwrap();
    let mut conn = database.connect().await;
    for (change, constraint) in [
        ("UPDATE ledger_entries SET amount = amount + 1", "ledger_append_only"),
        ("DELETE FROM ledger_entries", "ledger_append_only"),
        ("TRUNCATE ledger_entries", "ledger_append_only"),
        ("UPDATE ledger_transfers SET amount = 1", "ledger_append_only"),
        ("DELETE FROM ledger_transfers", "ledger_append_only"),
        ("TRUNCATE ledger_transfers CASCADE", "ledger_append_only"),
        ("UPDATE ledger_accounts SET owner_id = gen_random_uuid() WHERE owner_id IS NOT NULL", "ledger_accounts_stay"),
        ("UPDATE ledger_accounts SET currency = 'EUR'", "ledger_accounts_stay"),
        ("DELETE FROM ledger_accounts", "ledger_accounts_stay"),
        ("UPDATE ledger_accounts SET balance = -1 WHERE balance IS NOT NULL", "ledger_accounts_balance_range"),
        ("UPDATE ledger_accounts SET balance = 9007199254740992 WHERE kind = 'wallet'", "ledger_accounts_balance_range"),
        ("UPDATE ledger_accounts SET balance = NULL", "ledger_accounts_balanced"),
        ("INSERT INTO ledger_accounts SELECT gen_random_uuid(), kind, owner_id, currency, balance FROM ledger_accounts",
            "ledger_accounts_owner_key"),
        ("INSERT INTO ledger_accounts VALUES (gen_random_uuid(), 'loans', NULL, 'USD', NULL)", "ledger_accounts_kind_known"),
        ("INSERT INTO ledger_accounts VALUES (gen_random_uuid(), 'wallet', NULL, 'EUR', NULL)", "ledger_accounts_owned"),
        ("INSERT INTO ledger_accounts VALUES (gen_random_uuid(), 'sales', NULL, 'eur', NULL)", "ledger_accounts_currency"),
        ("INSERT INTO ledger_transfers SELECT gen_random_uuid(), kind, payment_id, amount, currency, now() FROM ledger_transfers
            WHERE kind = 'deposit'", "ledger_transfers_payment_key"),
        ("INSERT INTO ledger_transfers VALUES (gen_random_uuid(), 'transfer', gen_random_uuid(), 1, 'USD', now())",
            "ledger_transfers_payment_known"),
        ("INSERT INTO ledger_transfers VALUES (gen_random_uuid(), 'transfer', NULL, 0, 'USD', now())",
            "ledger_transfers_amount_range"),
        // One half of a transfer.
        ("INSERT INTO ledger_transfers VALUES ('00000000-0000-7000-8000-000000000001', 'transfer', NULL, 5, 'USD', now());
            INSERT INTO ledger_entries SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', account_id, 5, NULL, NULL, now()
            FROM ledger_accounts WHERE kind = 'card'", "ledger_entries_balance"),
        // Balanced, but of another amount than the transfer says.
        ("INSERT INTO ledger_transfers VALUES ('00000000-0000-7000-8000-000000000001', 'transfer', NULL, 5, 'USD', now());
            INSERT INTO ledger_entries SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', account_id,
                CASE WHEN owner_id IS NULL THEN -6 WHEN row_number() OVER (ORDER BY owner_id) = 1 THEN 6 ELSE 0 END, NULL, NULL, now()
            FROM ledger_accounts WHERE kind = 'card' OR owner_id = '00000000-0000-7000-8000-000000000001'", "ledger_entries_balance"),
        // Another currency than the transfer's.
        ("INSERT INTO ledger_transfers VALUES ('00000000-0000-7000-8000-000000000001', 'transfer', NULL, 5, 'EUR', now());
            INSERT INTO ledger_entries SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', account_id,
                CASE WHEN owner_id IS NULL THEN -5 ELSE 5 END, NULL, NULL, now()
            FROM ledger_accounts WHERE kind = 'card' OR owner_id = '00000000-0000-7000-8000-000000000001'", "ledger_entries_balance"),
        // More entries for a transfer that is booked, which sum to zero.
        ("INSERT INTO ledger_accounts VALUES (gen_random_uuid(), 'sales', NULL, 'USD', NULL), (gen_random_uuid(), 'refunds', NULL, 'USD', NULL);
            INSERT INTO ledger_entries SELECT gen_random_uuid(), (SELECT transfer_id FROM ledger_transfers WHERE kind = 'transfer'),
                account_id, CASE kind WHEN 'sales' THEN 300 ELSE -300 END, NULL, NULL, now()
            FROM ledger_accounts WHERE kind IN ('sales', 'refunds')", "ledger_entries_balance"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
    assert!(wallets.audit().await.unwrap().is_right());
}

/// The check that every other test relies on.
#[tokio::test]
async fn books_that_were_tampered_with_are_found_out() {
    let (database, wallets) = business().await;
    fill(&wallets, 1, cents(1000)).await;
    database.execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE balance IS NOT NULL").await;
    let audit = wallets.audit().await.unwrap();
    assert_eq!((audit.drifted, audit.unbalanced.len()), (1, 0));
    database
        .execute(
            "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_append_only;
            UPDATE ledger_entries SET amount = amount + 1 WHERE amount > 0",
        )
        .await;
    let audit = wallets.audit().await.unwrap();
    assert_eq!((audit.drifted, audit.unbalanced), (0, vec![cents(1)]));
}
