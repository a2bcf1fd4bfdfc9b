//! Orders to test with.

use orderbus::{Business, NewOrder, Status, UpdateOrder, Worth};
use types::{Currency, Money, UserId};
use uuid::Uuid;

/// A business on a database of its own. The database lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = dbtest::Database::new().await;
    lay_ground(&database).await;
    let business = Business::new(database.db());
    (database, business)
}

/// What orders refer to: two rows of each table.
pub(crate) async fn lay_ground(database: &dbtest::Database) {
    database.execute(include_str!("../../../userbus/tests/ground.sql")).await;
}

/// The id of one of the two rows.
pub(crate) fn ground(number: i64) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + u128::from(number.unsigned_abs()))
}

/// Whose the orders of a test are.
pub(crate) fn owner() -> UserId {
    UserId::restore(ground(1))
}

/// Somebody else.
pub(crate) fn stranger() -> UserId {
    UserId::restore(ground(2))
}

/// An order in which every member has a value.
pub(crate) fn full() -> NewOrder {
    NewOrder { status: Status::Pending, worth: Worth::parse(cents(999)).unwrap() }
}

/// One of many, that share their values with some of the others.
pub(crate) fn numbered(number: i64) -> NewOrder {
    NewOrder { status: Status::ALL[(number % 4) as usize], worth: Worth::parse(cents(number % 7 * 200)).unwrap() }
}

/// Every member becomes another than it is in [`full`].
pub(crate) fn everything() -> UpdateOrder {
    UpdateOrder { status: Some(Status::Paid), worth: Some(Worth::parse(cents(500)).unwrap()) }
}

/// One member becomes another than it is in [`full`].
pub(crate) fn one() -> UpdateOrder {
    UpdateOrder { status: Some(Status::Paid), ..UpdateOrder::default() }
}

/// So many cents.
pub(crate) fn cents(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}
