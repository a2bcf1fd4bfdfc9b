//! Removing cinemas.

use cinemabus::Error;
use types::CinemaId;

use crate::samples::{business, full, one};

#[tokio::test]
async fn a_removed_cinema_is_gone_and_cannot_be_removed_again() {
    let (_database, cinemas) = business().await;
    let cinema = cinemas.create(full()).await.unwrap();
    let other = cinemas.create(full()).await.unwrap();
    cinemas.delete(cinema.id, None).await.unwrap();
    assert!(matches!(cinemas.query_by_id(cinema.id).await, Err(Error::NotFound)));
    assert!(matches!(cinemas.delete(cinema.id, None).await, Err(Error::NotFound)));
    assert!(matches!(cinemas.delete(CinemaId::new(), Some(cinema.version)).await, Err(Error::NotFound)));
    assert_eq!(cinemas.query_by_id(other.id).await.unwrap(), other, "no other goes with it");
}

#[tokio::test]
async fn a_cinema_that_was_changed_is_not_removed_under_its_old_version() {
    let (_database, cinemas) = business().await;
    let first = cinemas.create(full()).await.unwrap();
    let second = cinemas.update(&first, one()).await.unwrap();

    let Err(Error::EditConflict { current }) = cinemas.delete(first.id, Some(first.version)).await else {
        panic!("not refused")
    };
    assert_eq!(current, second.version);
    cinemas.delete(first.id, Some(second.version)).await.unwrap();
}

#[tokio::test]
async fn a_cinema_that_something_refers_to_is_not_removed() {
    let (database, cinemas) = business().await;
    let first = cinemas.create(full()).await.unwrap();
    let second = cinemas.create(full()).await.unwrap();
    let refer = "
        CREATE TABLE referring (cinema_id uuid NOT NULL REFERENCES cinemas (cinema_id));
        INSERT INTO referring SELECT cinema_id FROM cinemas ORDER BY created_at LIMIT 1";
    database.execute(refer).await;
    assert!(matches!(cinemas.delete(first.id, None).await, Err(Error::InUse)));
    assert_eq!(cinemas.query_by_id(first.id).await.unwrap(), first, "it stays");
    cinemas.delete(second.id, None).await.expect("nothing refers to it");
}
