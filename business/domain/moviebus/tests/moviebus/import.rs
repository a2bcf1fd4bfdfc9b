//! Bringing films in from another source.

use moviebus::{ImportKey, ImportMovie, Imported, NewMovie, QueryFilter};

use crate::films::{alien, bare, business, genres};

fn item(key: &str, new: NewMovie) -> ImportMovie {
    ImportMovie { key: ImportKey::parse(key).unwrap(), new }
}

#[tokio::test]
async fn an_import_adds_what_is_new_and_says_what_became_of_each_film() {
    let (_database, movies) = business().await;
    movies.create(bare("Crash", 2005)).await.unwrap();

    let batch = vec![item("1", alien()), item("2", bare("1776", 1972)), item("3", bare("CRASH", 2005))];
    let outcome = movies.import(&batch).await.unwrap();
    let [Imported::Created(first), Imported::Created(second), Imported::DuplicateTitle] = outcome[..] else {
        panic!("{outcome:?}")
    };
    let movie = movies.query_by_id(first).await.unwrap();
    let new = alien();
    assert_eq!((movie.title, movie.genres, movie.director), (new.title, new.genres, new.director));
    assert_eq!((movie.runtime, movie.rating, movie.price), (new.runtime, new.rating, new.price));
    let movie = movies.query_by_id(second).await.unwrap();
    assert_eq!((movie.genres, movie.director, movie.runtime), (genres(&[]), None, None));

    let again = movies.import(&batch).await.unwrap();
    assert_eq!(again, [Imported::Known, Imported::Known, Imported::DuplicateTitle]);
    assert_eq!(movies.count(&QueryFilter::default()).await.unwrap(), 3);
}

#[tokio::test]
async fn a_key_that_a_batch_has_twice_is_added_once() {
    let (_database, movies) = business().await;
    let outcome = movies.import(&[item("1", alien()), item("1", bare("Aliens", 1986))]).await.unwrap();
    assert!(matches!(outcome[..], [Imported::Created(_), Imported::Known]), "{outcome:?}");
    assert_eq!(movies.import(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn two_imports_at_once_add_each_film_once() {
    let (_database, movies) = business().await;
    let batch: Vec<_> = (0..200).map(|n| item(&n.to_string(), bare(&format!("Film {n}"), 2000))).collect();
    let backwards: Vec<_> = batch.iter().cloned().rev().collect();
    let (one, other) = tokio::join!(movies.import(&batch), movies.import(&backwards));
    let created = [one.unwrap(), other.unwrap()]
        .iter()
        .flatten()
        .filter(|outcome| matches!(outcome, Imported::Created(_)))
        .count();
    assert_eq!(created, 200);
    assert_eq!(movies.count(&QueryFilter::default()).await.unwrap(), 200);
}
