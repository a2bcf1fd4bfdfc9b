//! How places come in.

use cinemabus::places::{Imported, Place, PlaceName};

use crate::world::{ROWS, called, names, places, some, world};

#[tokio::test]
async fn the_places_of_the_world_come_in_once() {
    let (_database, business) = world().await;
    assert_eq!(business.count().await.unwrap(), ROWS);
    for batch in places().chunks(5_000) {
        assert_eq!(business.import(batch).await.unwrap(), Imported::default());
    }
    assert_eq!(business.count().await.unwrap(), ROWS);
}

#[tokio::test]
async fn a_place_becomes_what_a_later_import_says() {
    let (_database, business) = some(&[("Constantinople", "TR", 41.0, 29.0, 700_000)]).await;
    let before = business.search(&called("const"), 1).await.unwrap().remove(0).place;
    let after = Place {
        name: PlaceName::parse("Istanbul").unwrap(),
        admin1: Some("34".to_owned()),
        population: 15_000_000,
        ..before.clone()
    };
    let batch = [before, after.clone()];
    assert_eq!(business.import(&batch).await.unwrap(), Imported { created: 0, updated: 1 }, "the last one counts");
    assert_eq!(business.search(&called("ist"), 1).await.unwrap().remove(0).place, after);
    assert_eq!(names(&business.search(&called("constantinople"), 9).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn a_batch_comes_in_whole_or_not_at_all() {
    let (_database, business) = some(&[]).await;
    let mut batch = places();
    batch.truncate(10);
    batch[7].time_zone = String::new();
    assert!(business.import(&batch).await.is_err());
    assert_eq!(business.count().await.unwrap(), 0);
}

#[tokio::test]
async fn imports_at_once_do_not_wait_for_each_other_for_ever() {
    let (_database, business) = some(&[]).await;
    let batch: Vec<Place> = places().into_iter().take(2_000).collect();
    let backwards: Vec<Place> = batch.iter().rev().cloned().collect();
    let imports = (business.import(&batch), business.import(&backwards), business.import(&batch));
    let (first, second, third) = tokio::join!(imports.0, imports.1, imports.2);
    let created = [first, second, third].map(|imported| imported.unwrap().created);
    assert_eq!(created.iter().sum::<u64>(), 2_000);
}
