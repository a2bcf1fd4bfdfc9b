//! What lists cost on a large table: counted in rows that PostgreSQL reads, which no machine makes faster.

use dbtest::{Database, Reads};
use orderbus::Status;
use paging::{Direction, OrderBy, Page, Position};
use salesview::{Business, Error, OrderField, QueryFilter, Search};
use sqlx::Connection;
use types::{MovieId, UserId};
use uuid::Uuid;

/// Orders, each of two lines; one in twenty is another one's, one in two hundred is refunded.
const ORDERS: u32 = 20_000;
/// Pages of twenty.
const PAGES: u32 = ORDERS * 2 / 20;

const TABLES: [&str; 3] = ["orders", "order_items", "users"];

#[tokio::test]
async fn a_page_reads_as_many_rows_as_it_shows_wherever_it_is() {
    let (database, sales) = large_table().await;
    let any = QueryFilter::default();
    for field in [OrderField::Amount, OrderField::CreatedAt] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let order = OrderBy::by(field, direction);
            for number in [1, PAGES / 2, PAGES - 1] {
                let read = reads(&database.db(), &sales, &any, &order, number).await;
                for (table, reads) in TABLES.iter().zip(read) {
                    assert_eq!(reads.whole_table, 0, "{table}: {field:?} {direction:?} page {number}");
                    // Moments are sorted in groups of 32 rows at least, whose ties come from another table.
                    assert!(reads.rows <= 70, "{table}: {field:?} {direction:?} page {number}: {reads:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_filter_that_leaves_little_reads_little_else() {
    let (database, sales) = large_table().await;
    let any = QueryFilter::default;
    let (few, rare) = (UserId::restore(Uuid::from_u128(1)), MovieId::restore(Uuid::from_u128(7)));
    let order = |field| OrderBy::by(field, Direction::Descending);
    // The numbers in the texts are those of `large_table`: 2,000 lines of one buyer, 200 of refunded orders, 400 of a film.
    for (filter, field, most) in [
        (QueryFilter { statuses: vec![Status::Paid], ..any() }, OrderField::CreatedAt, 70),
        (QueryFilter { statuses: vec![Status::Refunded], ..any() }, OrderField::CreatedAt, 70),
        // Either way: all of them, which are then put in order, or from the most expensive sale down until twenty are found.
        (QueryFilter { statuses: vec![Status::Refunded], ..any() }, OrderField::Amount, 8_000),
        (QueryFilter { statuses: vec![Status::Cancelled], ..any() }, OrderField::Amount, 50),
        (QueryFilter { buyer: Some(few), ..any() }, OrderField::CreatedAt, 70),
        (QueryFilter { movie_id: Some(rare), ..any() }, OrderField::CreatedAt, 4_000),
        (QueryFilter { search: Some(Search::parse("nobody else").unwrap()), ..any() }, OrderField::CreatedAt, 2_100),
        (QueryFilter { amount_from: Some(9_990), ..any() }, OrderField::Amount, 50),
    ] {
        let read = reads(&database.db(), &sales, &filter, &order(field), 1).await;
        for (table, reads) in TABLES.iter().zip(read) {
            assert_eq!(reads.whole_table, 0, "{table}: {filter:?}");
            assert!(reads.rows <= most, "{table}: {filter:?}: {reads:?}");
        }
    }
}

/// What it reads of each table to show page `number`, from where the page before it ended.
async fn reads(
    db: &sqldb::Db,
    sales: &Business,
    filter: &QueryFilter,
    order: &OrderBy<OrderField>,
    number: u32,
) -> Vec<Reads> {
    let mut page = Page::first(20);
    if number > 1 {
        let before = Page { position: Position::Number(number - 1), ..page.clone() };
        let slice = sales.query(filter, order.clone(), &before).await.unwrap();
        page.position = Position::After(slice.next.expect("more follow"));
    }
    db.transact(async |tx| {
        sales.with_tx(&tx).query(filter, order.clone(), &page).await?;
        let mut reads = Vec::new();
        for table in TABLES {
            reads.push(Reads::of(table, &tx).await);
        }
        Ok::<_, Error>(reads)
    })
    .await
    .unwrap()
}

async fn large_table() -> (Database, Business) {
    let database = Database::new().await;
    let mut conn = database.connect().await;
    let fill = format!(
        "INSERT INTO users (user_id, name, email, password_hash, roles, enabled, version, created_at, updated_at)
         SELECT lpad(to_hex(n), 32, '0')::uuid, CASE WHEN n = 1 THEN 'Nobody Else' ELSE 'Somebody ' || n END,
             'user-' || n || '@example.com', '$argon2id$', '{{customer}}', true, 1, now(), now()
         FROM generate_series(1, 20000) AS n;
         INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
         SELECT md5(n::text)::uuid, lpad(to_hex(CASE WHEN n % 20 = 0 THEN 1 ELSE 2 + n % 1990 END), 32, '0')::uuid,
             CASE WHEN n % 200 = 1 THEN 'refunded' WHEN n % 2 = 0 THEN 'paid' ELSE 'cancelled' END, n % 1000, 'USD', 1,
             now() + n * interval '1 second', now() + n * interval '1 second'
         FROM generate_series(1, {ORDERS}) AS n;
         INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
         SELECT md5(n::text)::uuid, place, lpad(to_hex(place * 1000 + n % 50), 32, '0')::uuid, 'Film',
             1 + abs(hashint4(n)) % 10, abs(hashint4(n + 1)) % 1000, 'USD'
         FROM generate_series(1, {ORDERS}) AS n, generate_series(1, 2) AS place;
         UPDATE order_items SET movie_id = lpad('7', 32, '0')::uuid WHERE place = 1 AND movie_id = lpad(to_hex(1007), 32, '0')::uuid"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut conn).await.unwrap();
    // Trigrams of new rows wait in a list that is read from end to end until they are sorted in.
    sqlx::raw_sql("VACUUM ANALYZE users, orders, order_items").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let sales = Business::new(database.db());
    (database, sales)
}
