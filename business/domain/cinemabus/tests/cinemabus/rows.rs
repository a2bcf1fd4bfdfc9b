//! What the table itself refuses, and what older or stranger rows do to those who read them.

use cinemabus::QueryFilter;
use paging::{OrderBy, Page};
use sqlx::Connection;

use crate::samples::{business, full};

/// The name of the constraint that refuses `change` of a cinema.
async fn refusal(conn: &mut sqlx::PgConnection, change: &'static str) -> String {
    let error = sqlx::raw_sql(change).execute(conn).await.expect_err(change);
    let report = error.as_database_error().expect("a report of the server");
    report.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_table_keeps_the_rules_by_itself() {
    let (database, cinemas) = business().await;
    cinemas.create(full()).await.unwrap();
    let mut conn = database.connect().await;
    for (change, constraint) in [
        ("UPDATE cinemas SET name = ''", "cinemas_name_length"),
        ("UPDATE cinemas SET name = repeat('x', 201)", "cinemas_name_length"),
        ("UPDATE cinemas SET address = ''", "cinemas_address_length"),
        ("UPDATE cinemas SET address = repeat('x', 301)", "cinemas_address_length"),
        ("UPDATE cinemas SET place = 10", "cinemas_place_fkey"),
        ("DELETE FROM places WHERE place_id = 2", "cinemas_place_fkey"),
        ("UPDATE cinemas SET latitude = 90.5", "cinemas_latitude_range"),
        ("UPDATE cinemas SET longitude = 'NaN'", "cinemas_longitude_range"),
        ("UPDATE cinemas SET screens = 0", "cinemas_screens_range"),
        ("UPDATE cinemas SET screens = 101", "cinemas_screens_range"),
        ("UPDATE cinemas SET version = 0", "cinemas_version_range"),
    ] {
        assert_eq!(refusal(&mut conn, change).await, constraint, "{change}");
    }
    conn.close().await.unwrap();
}

/// One row from before a rule must not turn every list into a failure.
#[tokio::test]
async fn rows_that_break_the_rules_of_today_are_read_all_the_same() {
    let (database, cinemas) = business().await;
    let cinema = cinemas.create(full()).await.unwrap();
    let mut conn = database.connect().await;
    let older = "
        ALTER TABLE cinemas DROP CONSTRAINT cinemas_name_length, DROP CONSTRAINT cinemas_address_length, DROP CONSTRAINT cinemas_place_fkey, DROP CONSTRAINT cinemas_latitude_range, DROP CONSTRAINT cinemas_screens_range;
        UPDATE cinemas SET name = E' \n' || repeat('x', 300), address = E' \n' || repeat('x', 400), place = 0, latitude = 200, screens = 0";
    sqlx::raw_sql(older).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();

    let read = cinemas.query_by_id(cinema.id).await.unwrap();
    assert_ne!(read, cinema);
    let list = cinemas.query(&QueryFilter::default(), OrderBy::new(cinemabus::DEFAULT_ORDER), &Page::first(20)).await;
    assert_eq!(list.unwrap().items, [read]);
}

/// The rows that others lay as their ground fit the table.
#[tokio::test]
async fn the_ground_for_others_can_be_laid_twice() {
    let (database, cinemas) = business().await;
    for ground in [include_str!("../ground.sql"), include_str!("../ground.sql")] {
        database.execute(ground).await;
    }
    assert_eq!(cinemas.count(&QueryFilter::default()).await.unwrap(), 2);
}
