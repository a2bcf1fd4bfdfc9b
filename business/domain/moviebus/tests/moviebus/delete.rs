//! Removing films.

use moviebus::{Error, Stock, UpdateMovie};
use sqlx::Connection;
use types::MovieId;
use uuid::Uuid;

use crate::films::{alien, business};

#[tokio::test]
async fn a_removed_film_is_gone_and_cannot_be_removed_again() {
    let (_database, movies) = business().await;
    let movie = movies.create(alien()).await.unwrap();
    movies.delete(movie.id, None).await.unwrap();
    assert!(matches!(movies.query_by_id(movie.id).await, Err(Error::NotFound)));
    assert!(matches!(movies.delete(movie.id, None).await, Err(Error::NotFound)));
    assert!(matches!(movies.delete(MovieId::new(), Some(movie.version)).await, Err(Error::NotFound)));
    movies.create(alien()).await.expect("its title is free again");
}

#[tokio::test]
async fn a_film_that_was_changed_is_not_removed_under_its_old_version() {
    let (_database, movies) = business().await;
    let first = movies.create(alien()).await.unwrap();
    let update = UpdateMovie { stock: Some(Stock::parse(1).unwrap()), ..UpdateMovie::default() };
    let second = movies.update(&first, update).await.unwrap();

    let Err(Error::EditConflict { current }) = movies.delete(first.id, Some(first.version)).await else {
        panic!("not refused")
    };
    assert_eq!(current, second.version);
    movies.delete(first.id, Some(second.version)).await.unwrap();
}

/// Resources of a team's own refer to films: what a film means to them is theirs to say, and until they do it stays.
#[tokio::test]
async fn a_film_that_something_refers_to_is_not_removed() {
    let (database, movies) = business().await;
    let mut conn = database.connect().await;
    for sql in [include_str!("../ground.sql"), include_str!("../ground.sql")] {
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    }
    let refer = "
        CREATE TABLE reviews (movie_id uuid NOT NULL REFERENCES movies (movie_id));
        INSERT INTO reviews VALUES ('00000000-0000-7000-8000-000000000001')";
    sqlx::raw_sql(refer).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();

    let [first, second] = [1, 2].map(|number| MovieId::restore(Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)));
    assert!(matches!(movies.delete(first, None).await, Err(Error::InUse)));
    movies.query_by_id(first).await.expect("it stays");
    movies.delete(second, None).await.expect("nothing refers to it");
}
