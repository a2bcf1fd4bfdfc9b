//! Payments to test with.

use cards::{ChargeId, Reason};
use orderbus::{NewItem, NewOrder, Order, Quantity};
use paymentbus::{Business, Outcome};
use types::{Currency, Money, MovieId, PaymentId, Scope, UserId};
use uuid::Uuid;
use walletbus::Movement;

/// The businesses of a test, on a database of its own.
pub(crate) struct Shop {
    pub(crate) database: dbtest::Database,
    pub(crate) payments: Business,
    pub(crate) orders: orderbus::Business,
    pub(crate) wallets: walletbus::Business,
}

/// A shop with the two films of moviebus' ground, and a provider that nobody reaches: what it would say, a test says.
pub(crate) async fn shop() -> Shop {
    let database = dbtest::Database::new().await;
    database.execute(include_str!("../../../moviebus/tests/ground.sql")).await;
    database.execute("UPDATE movies SET stock = 1000").await;
    Shop {
        payments: Business::new(database.db(), Some(away())),
        orders: orderbus::Business::new(database.db()),
        wallets: walletbus::Business::new(database.db()),
        database,
    }
}

pub(crate) fn away() -> cards::Provider {
    cards::Provider::new("http://127.0.0.1:9", "key".to_owned().into()).unwrap()
}

fn ground(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)
}

/// Who buys.
pub(crate) fn buyer() -> UserId {
    UserId::restore(ground(1))
}

pub(crate) fn cents(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

pub(crate) fn charge(name: &str) -> ChargeId {
    ChargeId::parse(name).unwrap()
}

pub(crate) fn paid(name: &str) -> Outcome {
    Outcome::Paid(Some(charge(name)))
}

pub(crate) fn refused(name: &str) -> Outcome {
    Outcome::Refused(Some(charge(name)), Reason::restore("card_declined"))
}

impl Shop {
    /// An order of one copy, of 999 cents.
    pub(crate) async fn order(&self) -> Order {
        let item = NewItem { movie_id: MovieId::restore(ground(1)), quantity: Quantity::parse(1).unwrap() };
        self.orders.create(buyer(), &NewOrder::parse(vec![item]).unwrap()).await.unwrap()
    }

    pub(crate) async fn fill(&self, amount: i64) {
        self.wallets.post(Movement::Deposit(buyer()), PaymentId::new(), cents(amount)).await.unwrap();
    }

    /// What the buyer can spend, and what is held.
    pub(crate) async fn wallet(&self) -> (i64, i64) {
        let balances = self.wallets.balances(buyer()).await.unwrap();
        balances.first().map_or((0, 0), |balance| (balance.available.amount, balance.held.amount))
    }

    /// What the accounts of the house hold: card, refunds, sales.
    pub(crate) async fn house(&self) -> [i64; 3] {
        let audit = self.wallets.audit().await.unwrap();
        assert!(audit.is_right(), "{audit:?}");
        ["card", "refunds", "sales"]
            .map(|kind| audit.totals.iter().find(|(found, _)| found == kind).map_or(0, |(_, total)| total.amount))
    }

    pub(crate) async fn status(&self, order: &Order) -> orderbus::Status {
        self.orders.query_by_id(Scope::Any, order.id).await.unwrap().status
    }

    pub(crate) async fn stock(&self) -> i64 {
        self.count("SELECT stock::bigint FROM movies WHERE title = 'The First Ground'").await
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.database.count(sql).await
    }
}
