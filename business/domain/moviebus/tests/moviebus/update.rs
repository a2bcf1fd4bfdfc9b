//! Changing films.

use moviebus::{Director, Error, Rating, Runtime, Stock, UpdateMovie, Year};
use tokio::task::JoinSet;
use types::{Patch, Version};

use crate::films::{alien, bare, business, genres, price, title};

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let (_database, movies) = business().await;
    let before = movies.create(alien()).await.unwrap();

    let update = UpdateMovie { stock: Some(Stock::parse(6).unwrap()), ..UpdateMovie::default() };
    let after = movies.update(&before, update).await.unwrap();

    assert_eq!(after.stock.copies(), 6);
    assert_eq!(after.version, before.version.next());
    assert!(after.updated_at >= before.updated_at);
    let rest = moviebus::Movie {
        stock: before.stock,
        version: before.version,
        updated_at: before.updated_at,
        ..after.clone()
    };
    assert_eq!(rest, before);
    assert_eq!(movies.query_by_id(before.id).await.unwrap(), after);
}

#[tokio::test]
async fn every_member_can_be_changed_and_those_that_may_be_empty_cleared() {
    let (_database, movies) = business().await;
    let before = movies.create(bare("Alein", 1980)).await.unwrap();

    let everything = UpdateMovie {
        title: Some(title("Alien")),
        year: Some(Year::parse(1979).unwrap()),
        runtime: Patch::Set(Runtime::parse(117).unwrap()),
        genres: Some(genres(&["Horror"])),
        director: Patch::Set(Director::parse("Ridley Scott").unwrap()),
        rating: Patch::Set(Rating::R),
        price: Some(price(999)),
        stock: Some(Stock::parse(7).unwrap()),
    };
    let full = movies.update(&before, everything.clone()).await.unwrap();
    assert_eq!(movies.query_by_id(before.id).await.unwrap(), full);
    let expected = everything.apply(&before);
    assert_eq!(full, moviebus::Movie { version: full.version, updated_at: full.updated_at, ..expected });

    let clear = UpdateMovie {
        runtime: Patch::Clear,
        genres: Some(genres(&[])),
        director: Patch::Clear,
        rating: Patch::Clear,
        ..UpdateMovie::default()
    };
    let cleared = movies.update(&full, clear).await.unwrap();
    assert_eq!((cleared.runtime, &cleared.director, cleared.rating), (None, &None, None));
    assert_eq!(cleared.genres.iter().count(), 0);
    assert_eq!(cleared.title, full.title);
}

#[tokio::test]
async fn an_update_that_changes_nothing_keeps_version_and_time() {
    let (_database, movies) = business().await;
    let before = movies.create(alien()).await.unwrap();
    let same = UpdateMovie {
        title: Some(title("Alien")),
        director: Patch::Set(Director::parse("Ridley Scott").unwrap()),
        ..UpdateMovie::default()
    };
    for update in [UpdateMovie::default(), same] {
        assert_eq!(movies.update(&before, update).await.unwrap(), before);
    }
    assert_eq!(movies.query_by_id(before.id).await.unwrap(), before);
}

#[tokio::test]
async fn a_stale_update_is_refused_with_the_current_version() {
    let (_database, movies) = business().await;
    let first = movies.create(alien()).await.unwrap();
    let to = |copies| UpdateMovie { stock: Some(Stock::parse(copies).unwrap()), ..UpdateMovie::default() };
    let second = movies.update(&first, to(1)).await.unwrap();

    let Err(Error::EditConflict { current }) = movies.update(&first, to(2)).await else { panic!("not refused") };
    assert_eq!(current, second.version);
    assert_eq!(movies.query_by_id(first.id).await.unwrap(), second, "nothing changed");

    movies.delete(first.id, None).await.unwrap();
    assert!(matches!(movies.update(&second, to(3)).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn of_fifty_parallel_updates_of_one_version_one_wins() {
    let (_database, movies) = business().await;
    let before = movies.create(alien()).await.unwrap();
    let mut updates = JoinSet::new();
    for copies in 100..150 {
        let (movies, before) = (movies.clone(), before.clone());
        let update = UpdateMovie { stock: Some(Stock::parse(copies).unwrap()), ..UpdateMovie::default() };
        updates.spawn(async move { movies.update(&before, update).await });
    }
    let (mut won, mut lost) = (Vec::new(), 0);
    for outcome in updates.join_all().await {
        match outcome {
            Ok(movie) => won.push(movie),
            Err(Error::EditConflict { current }) => {
                assert_eq!(current, before.version.next());
                lost += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((won.len(), lost), (1, 49));
    assert_eq!(movies.query_by_id(before.id).await.unwrap(), won[0]);
    assert_eq!(won[0].version, Version::restore(2));
}

#[tokio::test]
async fn an_update_cannot_make_a_film_a_duplicate() {
    let (_database, movies) = business().await;
    movies.create(bare("Crash", 1996)).await.unwrap();
    let other = movies.create(bare("Crash", 2005)).await.unwrap();
    let update = UpdateMovie { year: Some(Year::parse(1996).unwrap()), ..UpdateMovie::default() };
    assert!(matches!(movies.update(&other, update).await, Err(Error::DuplicateTitle)));
    assert_eq!(movies.query_by_id(other.id).await.unwrap(), other);
}
