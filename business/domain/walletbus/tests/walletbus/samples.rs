//! Wallets to test with.

use types::{Amount, Currency, Money, PaymentId, UserId};
use uuid::Uuid;
use walletbus::{Business, Movement};

/// A business on a database of its own, which lives as long as the first value.
pub(crate) async fn business() -> (dbtest::Database, Business) {
    let database = dbtest::Database::new().await;
    let business = Business::new(database.db());
    (database, business)
}

/// One of the people of a test.
pub(crate) fn person(number: u128) -> UserId {
    UserId::restore(Uuid::from_u128(0x7000_8000_0000_0000_0000 + number))
}

/// An amount of dollars, in cents.
pub(crate) fn cents(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

pub(crate) fn amount(cents_of_it: i64) -> Amount {
    Amount::parse(cents(cents_of_it)).unwrap()
}

/// Fills the wallet of a person from a card.
pub(crate) async fn fill(wallets: &Business, number: u128, money: Money) {
    wallets.post(Movement::Deposit(person(number)), PaymentId::new(), money).await.unwrap();
}

/// What a person can spend, and what is held, in cents.
pub(crate) async fn has(wallets: &Business, number: u128) -> (i64, i64) {
    let balances = wallets.balances(person(number)).await.unwrap();
    let dollars = balances.iter().find(|balance| balance.available.currency == Currency::USD);
    dollars.map_or((0, 0), |balance| (balance.available.amount, balance.held.amount))
}
