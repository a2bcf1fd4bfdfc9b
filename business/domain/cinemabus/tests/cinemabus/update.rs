//! Changing cinemas.

use cinemabus::{Cinema, Error, UpdateCinema};
use tokio::task::JoinSet;
use types::Version;

use crate::samples::{business, everything, full, one};

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let (_database, cinemas) = business().await;
    let before = cinemas.create(full()).await.unwrap();
    let other = cinemas.create(full()).await.unwrap();

    let after = cinemas.update(&before, one()).await.unwrap();

    assert_ne!(after.name, before.name);
    assert_eq!(after.version, before.version.next());
    assert!(after.updated_at >= before.updated_at);
    let rest =
        Cinema { name: before.name.clone(), version: before.version, updated_at: before.updated_at, ..after.clone() };
    assert_eq!(rest, before);
    assert_eq!(cinemas.query_by_id(before.id).await.unwrap(), after);
    assert_eq!(cinemas.query_by_id(other.id).await.unwrap(), other, "no other is changed with it");
}

#[tokio::test]
async fn every_member_can_be_changed() {
    let (_database, cinemas) = business().await;
    let before = cinemas.create(full()).await.unwrap();

    let changed = cinemas.update(&before, everything()).await.unwrap();
    assert_eq!(cinemas.query_by_id(before.id).await.unwrap(), changed);
    let expected = everything().apply(&before);
    assert_eq!(changed, Cinema { version: changed.version, updated_at: changed.updated_at, ..expected });
    assert_ne!(changed.name, before.name);
    assert_ne!(changed.address, before.address);
    assert_ne!(changed.place, before.place);
    assert_ne!(changed.latitude, before.latitude);
    assert_ne!(changed.longitude, before.longitude);
    assert_ne!(changed.screens, before.screens);
}

#[tokio::test]
async fn an_update_that_changes_nothing_keeps_version_and_time() {
    let (_database, cinemas) = business().await;
    let before = cinemas.create(full()).await.unwrap();
    let changed = cinemas.update(&before, one()).await.unwrap();
    for update in [UpdateCinema::default(), one()] {
        assert_eq!(cinemas.update(&changed, update).await.unwrap(), changed);
    }
    assert_eq!(cinemas.query_by_id(before.id).await.unwrap(), changed);
}

#[tokio::test]
async fn a_stale_update_is_refused_with_the_current_version() {
    let (_database, cinemas) = business().await;
    let first = cinemas.create(full()).await.unwrap();
    let second = cinemas.update(&first, one()).await.unwrap();

    let Err(Error::EditConflict { current }) = cinemas.update(&first, everything()).await else {
        panic!("not refused")
    };
    assert_eq!(current, second.version);
    assert_eq!(cinemas.query_by_id(first.id).await.unwrap(), second, "nothing changed");

    cinemas.delete(first.id, None).await.unwrap();
    assert!(matches!(cinemas.update(&first, everything()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn of_fifty_parallel_updates_of_one_version_one_wins() {
    let (_database, cinemas) = business().await;
    let before = cinemas.create(full()).await.unwrap();
    let mut updates = JoinSet::new();
    for _ in 0..50 {
        let (cinemas, before) = (cinemas.clone(), before.clone());
        updates.spawn(async move { cinemas.update(&before, everything()).await });
    }
    let (mut won, mut lost) = (Vec::new(), 0);
    for outcome in updates.join_all().await {
        match outcome {
            Ok(cinema) => won.push(cinema),
            Err(Error::EditConflict { current }) => {
                assert_eq!(current, before.version.next());
                lost += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((won.len(), lost), (1, 49));
    assert_eq!(cinemas.query_by_id(before.id).await.unwrap(), won[0]);
    assert_eq!(won[0].version, Version::restore(2));
}
