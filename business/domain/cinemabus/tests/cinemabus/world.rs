//! The places of the world, as `zarf/data` has them.

use cinemabus::places::{Business, Circle, Country, Found, Place, PlaceId, PlaceName, Search, Typed};
use cinemabus::{Latitude, Longitude, Point};
use dbtest::Database;

/// How many there are.
pub(crate) const ROWS: u64 = 34_006;

/// All of them.
pub(crate) fn places() -> Vec<Place> {
    const CITIES: &[u8] = include_bytes!("../../../../../zarf/data/cities.csv");
    let mut rows = csv::Reader::from_reader(CITIES);
    rows.records().map(|row| place(&row.unwrap())).collect()
}

fn place(row: &csv::StringRecord) -> Place {
    Place {
        id: PlaceId::parse(row[0].parse().unwrap()).unwrap(),
        name: PlaceName::parse(&row[1]).unwrap(),
        country: Country::parse(&row[2]).unwrap(),
        admin1: Some(row[3].to_owned()).filter(|code| !code.is_empty()),
        point: point(row[4].parse().unwrap(), row[5].parse().unwrap()),
        population: row[6].parse().unwrap(),
        time_zone: row[7].to_owned(),
    }
}

/// All of them in a database of its own, which lives as long as the first value.
pub(crate) async fn world() -> (Database, Business) {
    let database = Database::new().await;
    let business = Business::new(database.db());
    for batch in places().chunks(5_000) {
        business.import(batch).await.unwrap();
    }
    (database, business)
}

/// A few of them, made up: name, country, latitude, longitude, people. Their ids are counted from 1.
pub(crate) async fn some(rows: &[(&str, &str, f64, f64, i32)]) -> (Database, Business) {
    let database = Database::new().await;
    let business = Business::new(database.db());
    let places: Vec<Place> = (1..)
        .zip(rows)
        .map(|(id, &(name, country, latitude, longitude, population))| Place {
            id: PlaceId::parse(id).unwrap(),
            name: PlaceName::parse(name).unwrap(),
            country: Country::parse(country).unwrap(),
            admin1: None,
            point: point(latitude, longitude),
            population,
            time_zone: "Etc/UTC".to_owned(),
        })
        .collect();
    business.import(&places).await.unwrap();
    (database, business)
}

pub(crate) fn point(latitude: f64, longitude: f64) -> Point {
    Point { latitude: Latitude::parse(latitude).unwrap(), longitude: Longitude::parse(longitude).unwrap() }
}

/// What is called like this.
pub(crate) fn called(text: &str) -> Search {
    Search { typed: Some(Typed::parse(text).unwrap()), ..Search::default() }
}

/// What lies within so many metres of a point.
pub(crate) fn around(latitude: f64, longitude: f64, radius: u32) -> Search {
    Search { circle: Some(Circle { centre: point(latitude, longitude), radius: Some(radius) }), ..Search::default() }
}

/// The names of what was found.
pub(crate) fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.place.name.as_str()).collect()
}
