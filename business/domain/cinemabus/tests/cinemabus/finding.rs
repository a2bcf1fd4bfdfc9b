//! How places are found: by what people type, by where they are.

use cinemabus::places::{Business, Circle, Country, Error, Found, Search};
use dbtest::Reads;

use crate::world::{ROWS, around, called, names, point, some, world};

#[tokio::test]
async fn a_name_is_found_by_its_beginning_whatever_its_accents() {
    let (_database, business) = world().await;
    for (typed, name, country) in [
        ("new yo", "New York City", "US"),
        ("NEW  YORK", "New York City", "US"),
        ("Zurich", "Zürich", "CH"),
        ("zür", "Zürich", "CH"),
        ("Sao Paulo", "São Paulo", "BR"),
        ("são", "São Paulo", "BR"),
        ("saint etienne", "Saint-Étienne", "FR"),
        ("tromso", "Tromsø", "NO"),
        ("par", "Paris", "FR"),
        ("london", "London", "GB"),
    ] {
        let found = business.search(&called(typed), 5).await.unwrap();
        let best = &found[0].place;
        assert_eq!((best.name.as_str(), best.country.as_str()), (name, country), "{typed}: {:?}", names(&found));
    }
}

#[tokio::test]
async fn one_typing_error_is_tolerated_wherever_it_is() {
    let (_database, business) = world().await;
    let names_of = async |typed: &str| {
        let found = business.search(&called(typed), 10).await.unwrap();
        found.iter().map(|found| found.place.name.as_str().to_owned()).collect::<Vec<_>>()
    };
    for (typed, name) in [("Lodnon", "London"), ("Berlni", "Berlin"), ("San Fransisco", "San Francisco")] {
        assert_eq!(names_of(typed).await[0], name, "{typed}");
    }
    // Each of the errors at each place: a letter that is swapped, another, missing, too much.
    for (name, folded) in [("London", "london"), ("Zürich", "zurich"), ("Rome", "rome"), ("Kyoto", "kyoto")] {
        for (place, letter) in folded.char_indices() {
            let (before, after) = (&folded[..place], &folded[place + 1..]);
            let mut errors = vec![
                format!("{before}{letter}x{after}"),
                format!("{before}x{after}"),
                format!("{before}x{letter}{after}"),
            ];
            // Of four letters with one missing three are left, which have no errors; without the last it is a beginning.
            if folded.len() > 4 {
                errors.push(format!("{before}{after}"));
            }
            if let Some(next) = after.chars().next() {
                errors.push(format!("{before}{next}{letter}{}", &after[1..]));
            }
            for typed in errors {
                let found = names_of(&typed).await;
                assert!(found.iter().any(|found| found == name), "{typed}: {found:?}");
            }
        }
    }
    assert_eq!(names_of("Lodnno").await, [""; 0], "two errors are two too many");
}

#[tokio::test]
async fn the_better_match_comes_first_then_the_larger_place() {
    let (_database, business) = some(&[
        ("Yorkville", "US", 41.6, -88.4, 500_000),
        ("York", "GB", 53.9, -1.1, 150_000),
        ("New York City", "US", 40.7, -74.0, 8_000_000),
        ("Yrok", "XK", 42.0, 21.0, 9_000_000),
        ("York", "US", 39.9, -76.7, 40_000),
        ("Yorkton", "CA", 51.2, -102.5, 600_000),
    ])
    .await;
    let found = business.search(&called("york"), 10).await.unwrap();
    assert_eq!(names(&found), ["York", "York", "Yorkton", "Yorkville", "New York City", "Yrok"]);
    assert_eq!(found[0].place.country.as_str(), "GB");
    assert!(found.iter().all(|found| found.distance.is_none()));
    let found = business.search(&called("york"), 3).await.unwrap();
    assert_eq!(names(&found), ["York", "York", "Yorkton"]);
}

#[tokio::test]
async fn from_where_somebody_is_the_near_and_large_come_first() {
    let (_database, business) = world().await;
    let from = |typed, latitude, longitude| Search {
        circle: Some(Circle { centre: point(latitude, longitude), radius: None }),
        ..called(typed)
    };
    let country = |found: &[Found]| found[0].place.country.as_str().to_owned();
    let near_toronto = business.search(&from("london", 43.7, -79.4), 5).await.unwrap();
    let in_zurich = business.search(&from("london", 47.4, 8.5), 5).await.unwrap();
    assert_eq!((country(&near_toronto).as_str(), country(&in_zurich).as_str()), ("CA", "GB"));
    // Zürich to London on a sphere of the mean radius, computed elsewhere: 776.3 km.
    assert!((in_zurich[0].distance.unwrap() - 776_300.0).abs() < 5_000.0, "{:?}", in_zurich[0].distance);
}

#[tokio::test]
async fn what_has_no_letter_finds_nothing() {
    let (_database, business) = some(&[("York", "GB", 53.9, -1.1, 150_000)]).await;
    for typed in ["-", "%", "_", "\\", "' OR true", "%ork", "y__k%", "🎬", "*"] {
        let found = business.search(&called(typed), 10).await.unwrap();
        assert_eq!(names(&found), [""; 0], "{typed}");
    }
}

#[tokio::test]
async fn around_a_point_the_nearest_come_first_and_none_is_beyond_the_radius() {
    let (_database, business) = world().await;
    let found = business.search(&around(47.3769, 8.5417, 20_000), 100).await.unwrap();
    assert!(names(&found).contains(&"Zürich"), "{:?}", names(&found));
    let distances: Vec<f64> = found.iter().map(|found| found.distance.unwrap()).collect();
    assert!(distances.is_sorted() && distances.iter().all(|distance| *distance <= 20_000.0), "{distances:?}");
    let abroad = Search { country: Some(Country::parse("DE").unwrap()), ..around(47.3769, 8.5417, 60_000) };
    let found = business.search(&abroad, 100).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|found| found.place.country.as_str() == "DE"));
}

#[tokio::test]
async fn a_circle_reaches_over_the_antimeridian_and_the_poles() {
    let (_database, business) = some(&[
        ("West", "FJ", -17.0, 179.95, 1),
        ("East", "FJ", -17.0, -179.95, 2),
        ("Far", "FJ", -17.0, 178.0, 3),
        ("Line", "FJ", -17.0, 180.0, 4),
        ("Pole", "NO", 89.95, 10.0, 5),
        ("Beyond", "NO", 89.95, -170.0, 6),
        ("South", "AQ", -90.0, 0.0, 7),
    ])
    .await;
    let found = async |latitude, longitude, radius| {
        let found = business.search(&around(latitude, longitude, radius), 10).await.unwrap();
        let mut names: Vec<String> = found.iter().map(|found| found.place.name.as_str().to_owned()).collect();
        names.sort_unstable();
        names
    };
    for longitude in [179.99, -179.99, 180.0, -180.0] {
        assert_eq!(found(-17.0, longitude, 15_000).await, ["East", "Line", "West"], "{longitude}");
    }
    assert_eq!(found(89.96, 100.0, 20_000).await, ["Beyond", "Pole"]);
    assert_eq!(found(-89.9, 77.0, 20_000).await, ["South"]);
    assert_eq!(found(90.0, -33.0, 10_000).await, ["Beyond", "Pole"]);
}

#[tokio::test]
async fn a_text_and_a_circle_are_both_meant() {
    let (_database, business) = world().await;
    let both = Search { typed: called("london").typed, ..around(43.7, -79.4, 300_000) };
    let found = business.search(&both, 10).await.unwrap();
    assert_eq!(names(&found)[0], "London");
    assert!(found.iter().all(|found| found.place.country.as_str() == "CA"), "{found:?}");
}

#[tokio::test]
async fn nothing_is_looked_for_in_the_whole_table() {
    let (database, business) = world().await;
    let here = Circle { centre: point(47.4, 8.5), radius: None };
    // The most common letter; the others are rare, mistyped, unknown, long.
    let searches = [
        (called("s"), 4_500),
        (called("sa"), 2_500),
        (called("new yo"), 300),
        (called("lodnon"), 300),
        (called("San Fransisco"), 1_500),
        (called("rmoe"), 600),
        (called("xqzw"), 300),
        (called(&"llanfair".repeat(12)), 300),
        (Search { circle: Some(here), ..called("berlni") }, 500),
        (around(47.4, 8.5, 50_000), 300),
        (around(-17.0, 180.0, 50_000), 300),
    ];
    // A table that was just filled has no statistics; one that is older has some.
    for statistics in ["", "ANALYZE places"] {
        database.execute(statistics).await;
        for (search, most) in &searches {
            // What is planned once for all values, after five of them, must not be worse.
            for _ in 0..7 {
                let reads = reads(&database.db(), &business, search).await;
                assert_eq!(reads.whole_table, 0, "{search:?}");
                assert!(reads.rows <= *most, "{search:?}: {reads:?} of {ROWS}");
            }
        }
    }
}

async fn reads(db: &sqldb::Db, business: &Business, search: &Search) -> Reads {
    db.transact(async |tx| {
        business.with_tx(&tx).search(search, 10).await?;
        Ok::<_, Error>(Reads::of("places", &tx).await)
    })
    .await
    .unwrap()
}
