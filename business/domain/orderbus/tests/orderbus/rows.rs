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
    orders.create(owner(), &full()).await.unwrap();
    let mut conn = database.connect().await;
    for (change, constraint) in [
        ("UPDATE orders SET status = 'surplus'", "orders_status_known"),
        ("UPDATE orders SET total_amount = -1", "orders_total_range"),
        ("UPDATE orders SET total_amount = 499999999999501", "orders_total_range"),
        ("UPDATE orders SET total_currency = 'usd'", "orders_total_currency"),
        ("UPDATE orders SET version = 0", "orders_version_range"),
        ("UPDATE order_items SET place = 0", "order_items_place_range"),
        ("UPDATE order_items SET place = 51", "order_items_place_range"),
        ("UPDATE order_items SET place = 1", "order_items_pkey"),
        ("UPDATE order_items SET movie_id = order_id", "order_items_movie_key"),
        ("UPDATE order_items SET order_id = gen_random_uuid()", "order_items_order_id_fkey"),
        ("UPDATE order_items SET title = ''", "order_items_title_length"),
        ("UPDATE order_items SET quantity = 0", "order_items_quantity_range"),
        ("UPDATE order_items SET quantity = 11", "order_items_quantity_range"),
        ("UPDATE order_items SET price_amount = -1", "order_items_price_range"),
        ("UPDATE order_items SET price_amount = 1000000000000", "order_items_price_range"),
        ("UPDATE order_items SET price_currency = 'usd'", "order_items_price_currency"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
}

/// One row from before a rule must not turn every list into a failure.
#[tokio::test]
async fn rows_that_break_the_rules_of_today_are_read_all_the_same() {
    let (database, orders) = business().await;
    let order = orders.create(owner(), &full()).await.unwrap();
    let mut conn = database.connect().await;
    let older = "
        ALTER TABLE orders DROP CONSTRAINT orders_status_known, DROP CONSTRAINT orders_total_range, DROP CONSTRAINT orders_total_currency;
        ALTER TABLE order_items DROP CONSTRAINT order_items_title_length, DROP CONSTRAINT order_items_quantity_range,
            DROP CONSTRAINT order_items_price_range, DROP CONSTRAINT order_items_price_currency;
        UPDATE orders SET status = 'surplus', total_amount = -5, total_currency = '€';
        UPDATE order_items SET title = '', quantity = 99, price_amount = -1, price_currency = '€'";
    sqlx::raw_sql(older).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();

    let read = orders.query_by_id(Scope::Any, order.id).await.unwrap();
    assert_ne!(read, order);
    let list = orders
        .query(Scope::Any, &QueryFilter::default(), OrderBy::new(orderbus::DEFAULT_ORDER), &Page::first(20))
        .await;
    assert_eq!(list.unwrap().items, [read]);
}
