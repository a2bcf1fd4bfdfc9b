//! Removing films.

use moviebus::{Error, Stock, UpdateMovie};
use types::MovieId;

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
