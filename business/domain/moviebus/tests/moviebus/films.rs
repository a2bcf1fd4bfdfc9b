//! Films to test with.

use moviebus::{Business, Director, Genre, Genres, Movie, NewMovie, Price, Rating, Runtime, Stock, Title, Year};
use types::{Currency, Money};

/// A business on a database of its own. The database lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = dbtest::Database::new().await;
    let business = Business::new(database.db());
    (database, business)
}

/// A film in which every member has a value.
pub(crate) fn alien() -> NewMovie {
    NewMovie {
        title: title("Alien"),
        year: Year::parse(1979).unwrap(),
        runtime: Some(Runtime::parse(117).unwrap()),
        genres: genres(&["Horror", "Science Fiction"]),
        director: Some(Director::parse("Ridley Scott").unwrap()),
        rating: Some(Rating::R),
        price: price(999),
        stock: Stock::parse(7).unwrap(),
    }
}

/// A film in which every member that may be empty is.
pub(crate) fn bare(text: &str, year: i64) -> NewMovie {
    NewMovie {
        title: title(text),
        year: Year::parse(year).unwrap(),
        runtime: None,
        genres: Genres::default(),
        director: None,
        rating: None,
        price: price(0),
        stock: Stock::parse(0).unwrap(),
    }
}

/// A film of which a director matters.
pub(crate) fn directed(text: &str, year: i64, director: &str) -> NewMovie {
    NewMovie { director: Some(Director::parse(director).unwrap()), ..bare(text, year) }
}

pub(crate) fn title(text: &str) -> Title {
    Title::parse(text).unwrap()
}

pub(crate) fn genres(names: &[&str]) -> Genres {
    Genres::parse(names.iter().map(|name| Genre::parse(name).unwrap()).collect()).unwrap()
}

pub(crate) fn price(amount: i64) -> Price {
    Price::parse(Money { amount, currency: Currency::USD }).unwrap()
}

/// The titles of films, in their order.
pub(crate) fn titles(movies: &[Movie]) -> Vec<&str> {
    movies.iter().map(|movie| movie.title.as_str()).collect()
}
