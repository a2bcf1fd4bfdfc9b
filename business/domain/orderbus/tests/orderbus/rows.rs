//! What the table itself refuses, and what older or stranger rows do to those who read them.

use orderbus::QueryFilter;
use paging::{OrderBy, Page};
use sqlx::Connection;
use types::Scope;

use crate::samples::{business, full, owner};

/// The name of the constraint that refuses `change` of an order.
async fn refusal(conn: &mut sqlx::PgConnection, change: &'static str) -> String {
    let error = sqlx::raw_sql(change).execute(conn).await.expect_err(change);
    let report = error.as_database_error().expect("a report of the server");
    report.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_table_keeps_the_rules_by_itself() {
    let (database, orders) = business().await;
    orders.create(owner(), full()).await.unwrap();
    let mut conn = database.connect().await;
    for (change, constraint) in [
        ("UPDATE orders SET status = 'surplus'", "orders_status_known"),
        ("UPDATE orders SET worth_amount = -1", "orders_worth_range"),
        ("UPDATE orders SET worth_amount = 1000000000000", "orders_worth_range"),
        ("UPDATE orders SET worth_currency = 'usd'", "orders_worth_currency"),
        ("UPDATE orders SET version = 0", "orders_version_range"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
}

/// One row from before a rule must not turn every list into a failure.
#[tokio::test]
async fn rows_that_break_the_rules_of_today_are_read_all_the_same() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), full()).await.unwrap();
    let mut conn = database.connect().await;
    let older = "
        ALTER TABLE orders DROP CONSTRAINT orders_status_known, DROP CONSTRAINT orders_worth_range, DROP CONSTRAINT orders_worth_currency;
        UPDATE orders SET status = 'surplus', worth_amount = -5, worth_currency = '€'";
    sqlx::raw_sql(older).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();

    let read = orders.query_by_id(Scope::Any, order.id).await.unwrap();
    assert_ne!(read, order);
    let list = orders
        .query(Scope::Any, &QueryFilter::default(), OrderBy::new(orderbus::DEFAULT_ORDER), &Page::first(20))
        .await;
    assert_eq!(list.unwrap().items, [read]);
}

/// The rows that others lay as their ground fit the table.
#[tokio::test]
async fn the_ground_for_others_can_be_laid_twice() {
    let (database, orders) = business().await;
    for ground in [include_str!("../ground.sql"), include_str!("../ground.sql")] {
        database.execute(ground).await;
    }
    assert_eq!(orders.count(types::Scope::Any, &QueryFilter::default()).await.unwrap(), 2);
}
