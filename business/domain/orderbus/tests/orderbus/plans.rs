//! What lists cost on a large table: counted in rows that PostgreSQL reads, which no machine makes faster.

use dbtest::{Database, Reads};
use orderbus::{Business, Error, OrderField, QueryFilter};
use paging::{Direction, OrderBy, Page, Position};
use sqlx::Connection;
use types::Scope;

use crate::samples::{lay_ground, owner};

/// Rows of the table.
const ROWS: u32 = 20_000;
/// Pages of twenty.
const PAGES: u32 = ROWS / 20;
/// Pages of twenty of what one owner has.
const OWN_PAGES: u32 = PAGES / 20;

#[tokio::test]
async fn a_page_reads_as_many_rows_as_it_shows_wherever_it_is() {
    let (database, orders) = large_table().await;
    for (scope, pages) in [(Scope::Any, PAGES), (Scope::Own(owner()), OWN_PAGES)] {
        for field in [OrderField::Total, OrderField::CreatedAt] {
            for direction in [Direction::Ascending, Direction::Descending] {
                let order = OrderBy::by(field, direction);
                for number in [1, pages / 2, pages - 1] {
                    let reads = reads(&database.db(), &orders, scope, &order, number).await;
                    assert_eq!(reads.whole_table, 0, "{field:?} {direction:?} page {number}");
                    // Near the end it may cost less to read all that is left, which is two pages and the row before them.
                    assert!(reads.rows <= 41, "{field:?} {direction:?} page {number}: {reads:?}");
                }
            }
        }
    }
}

/// What it reads to show page `number`, from where the page before it ended.
async fn reads(db: &sqldb::Db, orders: &Business, scope: Scope, order: &OrderBy<OrderField>, number: u32) -> Reads {
    let filter = QueryFilter::default();
    let mut page = Page::first(20);
    if number > 1 {
        let before = Page { position: Position::Number(number - 1), ..page.clone() };
        let slice = orders.query(scope, &filter, order.clone(), &before).await.unwrap();
        page.position = Position::After(slice.next.expect("more follow"));
    }
    db.transact(async |tx| {
        orders.with_tx(&tx).query(scope, &filter, order.clone(), &page).await?;
        Ok::<_, Error>(Reads::of("orders", &tx).await)
    })
    .await
    .unwrap()
}

async fn large_table() -> (Database, Business) {
    let database = Database::new().await;
    lay_ground(&database).await;
    let mut conn = database.connect().await;
    sqlx::query(
        "INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
        SELECT gen_random_uuid(), ('00000000-0000-7000-8000-00000000000' || CASE WHEN n % 20 = 0 THEN 1 ELSE 2 END)::uuid, (ARRAY['pending', 'paid', 'cancelled', 'refunded'])[1 + n % 4], n % 1000, 'USD', 1,
            now() + n * interval '1 second', now() + n * interval '1 second'
        FROM generate_series(1, $1) AS n",
    )
    .bind(i64::from(ROWS))
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE orders").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let orders = Business::new(database.db());
    (database, orders)
}
