//! What the table itself refuses, and what older or stranger rows do to those who read them.

use moviebus::QueryFilter;
use paging::{OrderBy, Page};
use sqlx::Connection;

use crate::films::{alien, business};

/// The name of the constraint that refuses `change` of a film.
async fn refusal(conn: &mut sqlx::PgConnection, change: &'static str) -> String {
    let error = sqlx::raw_sql(change).execute(conn).await.expect_err(change);
    let report = error.as_database_error().expect("a report of the server");
    report.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_table_keeps_the_rules_by_itself() {
    let (database, movies) = business().await;
    movies.create(alien()).await.unwrap();
    let mut conn = database.connect().await;
    for (change, constraint) in [
        ("UPDATE movies SET title = ''", "movies_title_length"),
        ("UPDATE movies SET title = repeat('x', 501)", "movies_title_length"),
        ("UPDATE movies SET year = 1887", "movies_year_range"),
        ("UPDATE movies SET runtime_minutes = 0", "movies_runtime_range"),
        ("UPDATE movies SET runtime_minutes = 1441", "movies_runtime_range"),
        ("UPDATE movies SET genres = '{1,2,3,4,5,6}'", "movies_genres_count"),
        ("UPDATE movies SET genres = '{NULL}'", "movies_genres_count"),
        ("UPDATE movies SET director = ''", "movies_director_length"),
        ("UPDATE movies SET rating = 'X'", "movies_rating_known"),
        ("UPDATE movies SET price_amount = -1", "movies_price_range"),
        ("UPDATE movies SET price_currency = 'usd'", "movies_price_currency"),
        ("UPDATE movies SET stock = -1", "movies_stock_range"),
        ("UPDATE movies SET version = 0", "movies_version_range"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
}

/// The Go original read rows through its rules: one row from before a rule, and every list was a 500.
#[tokio::test]
async fn rows_that_break_the_rules_of_today_are_read_all_the_same() {
    let (database, movies) = business().await;
    let movie = movies.create(alien()).await.unwrap();
    let mut conn = database.connect().await;
    let older = "
        ALTER TABLE movies DROP CONSTRAINT movies_title_length, DROP CONSTRAINT movies_year_range,
            DROP CONSTRAINT movies_runtime_range, DROP CONSTRAINT movies_genres_count,
            DROP CONSTRAINT movies_director_length, DROP CONSTRAINT movies_rating_known,
            DROP CONSTRAINT movies_price_range, DROP CONSTRAINT movies_price_currency,
            DROP CONSTRAINT movies_stock_range;
        UPDATE movies SET title = E'  \n' || repeat('x', 2000), year = -44, runtime_minutes = -1,
            genres = '{a,a,b,c,d,e,f}', director = '', rating = 'X', price_amount = -5, price_currency = '€',
            stock = -1";
    sqlx::raw_sql(older).execute(&mut conn).await.unwrap();

    let read = movies.query_by_id(movie.id).await.unwrap();
    assert_eq!(read.year.number(), -44);
    assert_eq!(read.rating, None, "a rating of another release");
    let list = movies.query(&QueryFilter::default(), OrderBy::new(moviebus::DEFAULT_ORDER), &Page::first(20)).await;
    assert_eq!(list.unwrap().items, std::slice::from_ref(&read));

    let update = moviebus::UpdateMovie { title: Some(crate::films::title("Mended")), ..Default::default() };
    movies.update(&read, update).await.unwrap();
    let (rating,): (Option<String>,) = sqlx::query_as("SELECT rating FROM movies").fetch_one(&mut conn).await.unwrap();
    assert_eq!(rating.as_deref(), Some("X"), "what is not understood is not destroyed");
    conn.close().await.unwrap();
}
