//! What lists cost on a large table: counted in rows that PostgreSQL reads, which no machine makes faster.

use dbtest::{Database, Reads};
use moviebus::{Business, Error, Genre, OrderField, QueryFilter, Rating, SEARCH_ORDER, Search};
use paging::{Direction, OrderBy, Page, Position};
use sqlx::Connection;

/// Rows of the table.
const ROWS: u32 = 20_000;

#[tokio::test]
async fn a_page_reads_as_many_rows_as_it_shows_wherever_it_is() {
    let (database, movies) = large_table().await;
    for field in [OrderField::Title, OrderField::Year, OrderField::Runtime, OrderField::Price, OrderField::CreatedAt] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let order = OrderBy::by(field, direction);
            for number in [1, ROWS / 20 / 2, ROWS / 20 - 1] {
                let reads = reads(&database.db(), &movies, QueryFilter::default(), &order, number).await;
                assert_eq!(reads.whole_table, 0, "{field:?} {direction:?} page {number}");
                // The row that tells whether more follow, and the leaf page that the last one ended on.
                assert!(reads.rows <= 25, "{field:?} {direction:?} page {number}: {reads:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_order_in_both_directions_reads_the_ties_of_its_first_term() {
    let (database, movies) = large_table().await;
    let order = OrderBy::new([(OrderField::Year, Direction::Ascending), (OrderField::Title, Direction::Descending)]);
    let reads = reads(&database.db(), &movies, QueryFilter::default(), &order, ROWS / 20 / 2).await;
    assert_eq!(reads.whole_table, 0);
    assert!(reads.rows <= 1000, "{reads:?}");
}

#[tokio::test]
async fn a_selective_filter_reads_what_it_selects() {
    let (database, movies) = large_table().await;
    let rare = QueryFilter { genres: vec![Genre::parse("rare").unwrap()], ..QueryFilter::default() };
    let search = |text| QueryFilter { search: Some(Search::parse(text).unwrap()), ..QueryFilter::default() };
    for filter in [rare, search("Film 12345"), search("Fylm 12345")] {
        for order in [OrderBy::by(OrderField::Title, Direction::Ascending), OrderBy::new(moviebus::SEARCH_ORDER)] {
            let reads = reads(&database.db(), &movies, filter.clone(), &order, 1).await;
            assert_eq!(reads.whole_table, 0, "{filter:?} {order:?}");
            assert!(reads.rows <= i64::from(ROWS) / 4, "{filter:?} {order:?}: {reads:?}");
        }
    }
}

#[tokio::test]
async fn a_search_for_a_common_word_reads_a_bounded_part_and_loses_nothing_in_any_other_order() {
    let (database, movies) = large_table().await;
    let filter = |genre: &[&str], typed: &str| QueryFilter {
        search: Some(Search::parse(typed).unwrap()),
        genres: genre.iter().map(|name| Genre::parse(name).unwrap()).collect(),
        ..QueryFilter::default()
    };
    // Rows that are placed one by one; the 11 films of "1999.." are counted, found, placed. To find them the whole table may be passed, which costs little for each row.
    for (typed, order, most) in [
        ("film", OrderBy::new(SEARCH_ORDER), 4000),
        ("film", OrderBy::by(OrderField::Year, Direction::Descending), 25),
        ("film 1999", OrderBy::new(SEARCH_ORDER), 3 * 11),
        ("film 1999", OrderBy::by(OrderField::Price, Direction::Ascending), 3 * 11),
    ] {
        let reads = reads(&database.db(), &movies, filter(&[], typed), &order, 1).await;
        assert!(reads.rows <= most, "{typed} {order:?}: {reads:?}");
    }
    for (order, total) in
        [(OrderBy::by(OrderField::Title, Direction::Ascending), ROWS), (OrderBy::new(SEARCH_ORDER), 4000)]
    {
        let page = Page { total: true, ..Page::first(100) };
        let slice = movies.query(&filter(&[], "film"), order.clone(), &page).await.unwrap();
        assert_eq!((slice.items.len(), slice.total), (100, Some(total.into())), "{order:?}");
        // A filter counts before the bound.
        let rare = movies.query(&filter(&["Rare"], "film"), order.clone(), &page).await.unwrap();
        assert_eq!(rare.total, Some(4), "{order:?}");
        let rare = movies.query(&filter(&["Rare"], "fillm"), order.clone(), &page).await.unwrap();
        assert_eq!(rare.total, Some(4), "{order:?}");
    }
}

/// Before its statistics are there, PostgreSQL takes a few conditions for a single row, and would ask for what resembles the
/// words once for each row instead: seconds, until the statistics come.
#[tokio::test]
async fn what_resembles_a_search_is_found_once_in_a_table_without_statistics() {
    let (database, movies) = large_table().await;
    database.execute("ALTER TABLE movies SET (autovacuum_enabled = false)").await;
    database.execute("UPDATE movies SET rating = 'R'").await;
    database.execute("DELETE FROM pg_statistic WHERE starelid = 'movies'::regclass").await;
    let filter = QueryFilter {
        search: Some(Search::parse("Fylm 12345").unwrap()),
        rating: Some(Rating::R),
        year_from: Some(1888),
        price_from: Some(0),
        price_to: Some(1_000_000),
        ..QueryFilter::default()
    };
    let reads = reads(&database.db(), &movies, filter, &OrderBy::new(SEARCH_ORDER), 1).await;
    assert!(reads.rows <= 2 * i64::from(ROWS), "{reads:?}");
    assert!(reads.whole_table <= 2, "{reads:?}");
}

/// What it reads to show page `number`, from where the page before it ended.
async fn reads(
    db: &sqldb::Db,
    movies: &Business,
    filter: QueryFilter,
    order: &OrderBy<OrderField>,
    number: u32,
) -> Reads {
    let mut page = Page::first(20);
    if number > 1 {
        let before = Page { position: Position::Number(number - 1), ..page.clone() };
        let slice = movies.query(&filter, order.clone(), &before).await.unwrap();
        page.position = Position::After(slice.next.expect("more follow"));
    }
    db.transact(async |tx| {
        movies.with_tx(&tx).query(&filter, order.clone(), &page).await?;
        Ok::<_, Error>(Reads::of("movies", &tx).await)
    })
    .await
    .unwrap()
}

async fn large_table() -> (Database, Business) {
    let database = Database::new().await;
    let mut conn = database.connect().await;
    sqlx::query(
        "INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, price_amount, price_currency, stock,
            version, created_at, updated_at)
        SELECT gen_random_uuid(), 'Film ' || n, 1900 + n % 120, CASE WHEN n % 3 > 0 THEN 60 + n % 100 END,
            ARRAY[CASE WHEN n % 5000 = 0 THEN 'Rare' ELSE 'Common' END], n % 1000, 'USD', 0, 1,
            now() + n * interval '1 second', now() + n * interval '1 second'
        FROM generate_series(1, $1) AS n",
    )
    .bind(i64::from(ROWS))
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE movies").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let movies = Business::new(database.db());
    (database, movies)
}
