//! Cinemas to test with.

use cinemabus::places::PlaceId;
use cinemabus::{Address, Business, Latitude, Longitude, Name, NewCinema, Screens, UpdateCinema};

/// A database with the places that cinemas are in.
pub(crate) async fn ground() -> dbtest::Database {
    let database = dbtest::Database::new().await;
    database.execute(include_str!("../places.sql")).await;
    database
}

/// A business on a database of its own. The database lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = ground().await;
    let business = Business::new(database.db());
    (database, business)
}

/// A cinema in which every member has a value.
pub(crate) fn full() -> NewCinema {
    NewCinema {
        name: Name::parse("Some name").unwrap(),
        address: Address::parse("Some address").unwrap(),
        place: PlaceId::parse(2).unwrap(),
        latitude: Latitude::parse(1.5).unwrap(),
        longitude: Longitude::parse(1.5).unwrap(),
        screens: Screens::parse(2).unwrap(),
    }
}

/// One of many, that share their values with some of the others.
pub(crate) fn numbered(number: i64) -> NewCinema {
    NewCinema {
        name: Name::parse(&format!("number {}", number % 4)).unwrap(),
        address: Address::parse(&format!("number {}", number % 4)).unwrap(),
        place: PlaceId::parse(1 + number % 5).unwrap(),
        latitude: Latitude::parse(number as f64 % 5.0 + 0.5).unwrap(),
        longitude: Longitude::parse(number as f64 % 5.0 + 0.5).unwrap(),
        screens: Screens::parse(1 + number % 5).unwrap(),
    }
}

/// Every member becomes another than it is in [`full`].
pub(crate) fn everything() -> UpdateCinema {
    UpdateCinema {
        name: Some(Name::parse("Another name").unwrap()),
        address: Some(Address::parse("Another address").unwrap()),
        place: Some(PlaceId::parse(1).unwrap()),
        latitude: Some(Latitude::parse(2.5).unwrap()),
        longitude: Some(Longitude::parse(2.5).unwrap()),
        screens: Some(Screens::parse(1).unwrap()),
    }
}

/// One member becomes another than it is in [`full`].
pub(crate) fn one() -> UpdateCinema {
    UpdateCinema { name: Some(Name::parse("Another name").unwrap()), ..UpdateCinema::default() }
}
