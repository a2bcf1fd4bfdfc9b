//! What lists cost on a large table: counted in rows that PostgreSQL reads, which no machine makes faster.

use cinemabus::{Business, Error, OrderField, QueryFilter};
use dbtest::{Database, Reads};
use paging::{Direction, OrderBy, Page, Position};
use sqlx::Connection;

/// Rows of the table.
const ROWS: u32 = 20_000;
/// Pages of twenty.
const PAGES: u32 = ROWS / 20;

#[tokio::test]
async fn a_page_reads_as_many_rows_as_it_shows_wherever_it_is() {
    let (database, cinemas) = large_table().await;
    for field in [OrderField::Name, OrderField::Screens, OrderField::CreatedAt] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let order = OrderBy::by(field, direction);
            for number in [1, PAGES / 2, PAGES - 1] {
                let reads = reads(&database.db(), &cinemas, &order, number).await;
                assert_eq!(reads.whole_table, 0, "{field:?} {direction:?} page {number}");
                // Near the end it may cost less to read all that is left, which is two pages and the row before them.
                assert!(reads.rows <= 41, "{field:?} {direction:?} page {number}: {reads:?}");
            }
        }
    }
}

/// What it reads to show page `number`, from where the page before it ended.
async fn reads(db: &sqldb::Db, cinemas: &Business, order: &OrderBy<OrderField>, number: u32) -> Reads {
    let filter = QueryFilter::default();
    let mut page = Page::first(20);
    if number > 1 {
        let before = Page { position: Position::Number(number - 1), ..page.clone() };
        let slice = cinemas.query(&filter, order.clone(), &before).await.unwrap();
        page.position = Position::After(slice.next.expect("more follow"));
    }
    db.transact(async |tx| {
        cinemas.with_tx(&tx).query(&filter, order.clone(), &page).await?;
        Ok::<_, Error>(Reads::of("cinemas", &tx).await)
    })
    .await
    .unwrap()
}

async fn large_table() -> (Database, Business) {
    let database = crate::samples::ground().await;
    let mut conn = database.connect().await;
    sqlx::query(
        "INSERT INTO cinemas (cinema_id, name, address, place, latitude, longitude, screens, version, created_at,
            updated_at)
        SELECT gen_random_uuid(), left('X' || n, 200), left('X' || n, 300), 1 + n % 5, n % 9 + 0.5, n % 9 + 0.5, 1 + n % 5, 1,
            now() + n * interval '1 second', now() + n * interval '1 second'
        FROM generate_series(1, $1) AS n",
    )
    .bind(i64::from(ROWS))
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE cinemas").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let cinemas = Business::new(database.db());
    (database, cinemas)
}
