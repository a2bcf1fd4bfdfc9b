//! Orders to test with.

use orderbus::{Business, NewItem, NewOrder, Quantity};
use types::{MovieId, UserId};
use uuid::Uuid;

/// A business on a database of its own, with the two films of moviebus' ground, of which there are many copies. The
/// database lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = dbtest::Database::new().await;
    lay_ground(&database).await;
    let business = Business::new(database.db());
    (database, business)
}

/// What orders are made of.
pub(crate) async fn lay_ground(database: &dbtest::Database) {
    database.execute(include_str!("../../../moviebus/tests/ground.sql")).await;
    database.execute("UPDATE movies SET stock = 1000").await;
}

fn ground(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)
}

/// One of the two films, 1 or 2.
pub(crate) fn film(number: u128) -> MovieId {
    MovieId::restore(ground(number))
}

/// Whose the orders of a test are.
pub(crate) fn owner() -> UserId {
    UserId::restore(ground(1))
}

/// Somebody else.
pub(crate) fn stranger() -> UserId {
    UserId::restore(ground(2))
}

/// An order of these films, each with so many copies.
pub(crate) fn of(items: &[(u128, i64)]) -> NewOrder {
    let item = |&(number, copies): &(u128, i64)| NewItem {
        movie_id: film(number),
        quantity: Quantity::parse(copies).unwrap(),
    };
    NewOrder::parse(items.iter().map(item).collect()).unwrap()
}

/// An order of both films, of 2 * 799 + 999 cents.
pub(crate) fn full() -> NewOrder {
    of(&[(2, 2), (1, 1)])
}

/// One of many, that share their values with some of the others.
pub(crate) fn numbered(number: i64) -> NewOrder {
    if number % 3 == 0 { of(&[(1, 1 + number % 4)]) } else { of(&[(2, 1 + number % 4), (1, 1)]) }
}

/// The stock of a film.
pub(crate) async fn stock(database: &dbtest::Database, number: u128) -> i32 {
    let movies = moviebus::Business::new(database.db());
    movies.query_by_id(film(number)).await.unwrap().stock.copies()
}
