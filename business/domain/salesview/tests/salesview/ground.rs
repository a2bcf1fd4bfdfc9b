//! Sales to test with: whatever is said here is in the tables, written behind the back of the domains that write it.

use dbtest::Database;
use orderbus::Status;
use paging::{OrderBy, Page, Position};
use salesview::{Business, OrderField, QueryFilter, Sale};
use sqlx::Connection;
use types::{Currency, MovieId, OrderId, Timestamp, UserId};
use uuid::Uuid;

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) number: u128,
    pub(crate) owner: u128,
    pub(crate) status: Status,
    /// Minutes since [`start`].
    pub(crate) minute: i64,
    pub(crate) currency: Currency,
    /// Film, copies, price of one.
    pub(crate) lines: Vec<(u128, i16, i64)>,
}

/// The users of the ground: Ada, Grace with an accent, and one whose name is a pattern. There is no user 9.
const USERS: &str = "
    INSERT INTO users (user_id, name, email, password_hash, roles, enabled, version, created_at, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'Ada Lovelace', 'ada@example.com', '$argon2id$', '{customer}', true, 1, now(), now()),
    ('00000000-0000-7000-8000-000000000002', 'Gráce Hopper', 'amazing@example.org', '$argon2id$', '{customer}', true, 1, now(), now()),
    ('00000000-0000-7000-8000-000000000003', '100% _real_', 'percent@example.com', '$argon2id$', '{customer}', true, 1, now(), now())";

/// A business on a database of its own, with three users and the two films of moviebus' ground. The database lives as long as
/// the first value.
pub(crate) async fn business() -> (Database, Business) {
    let database = Database::new().await;
    database.execute(include_str!("../../../moviebus/tests/ground.sql")).await;
    database.execute(USERS).await;
    let sales = Business::new(database.db());
    (database, sales)
}

/// When the first order may have been placed: an hour before a year of UTC ends.
pub(crate) fn start() -> Timestamp {
    "2025-12-31T23:00:00Z".parse().unwrap()
}

pub(crate) fn at(minute: i64) -> Timestamp {
    start() + chrono::TimeDelta::minutes(minute)
}

fn ground(number: u128) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + number)
}

pub(crate) fn film(number: u128) -> MovieId {
    MovieId::restore(ground(number))
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::restore(ground(number))
}

pub(crate) fn order(number: u128) -> OrderId {
    OrderId::restore(ground(number))
}

/// The title under which a film is sold.
pub(crate) fn title(film: u128) -> String {
    format!("Film {film}, as sold")
}

impl Placed {
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|(_, copies, price)| i64::from(*copies) * price).sum()
    }

    /// Whether the sale is one of its lines; which one.
    pub(crate) fn line(&self, sale: &Sale) -> Option<(u128, i16, i64)> {
        let place = usize::try_from(sale.place).unwrap() - 1;
        (sale.order_id == order(self.number)).then(|| self.lines[place])
    }
}

/// Writes the orders into the tables.
pub(crate) async fn place(database: &Database, orders: &[Placed]) {
    const ORDERS: &str = "
        INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
        SELECT order_id, owner_id, status, total_amount, currency, 1, created_at, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])
            AS orders (order_id, owner_id, status, total_amount, currency, created_at)";
    const ITEMS: &str = "
        INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
        SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::text[], $5::smallint[], $6::bigint[], $7::text[])";
    let mut conn = database.connect().await;
    sqlx::query(ORDERS)
        .bind(orders.iter().map(|placed| ground(placed.number)).collect::<Vec<_>>())
        .bind(orders.iter().map(|placed| ground(placed.owner)).collect::<Vec<_>>())
        .bind(orders.iter().map(|placed| placed.status.as_str()).collect::<Vec<_>>())
        .bind(orders.iter().map(Placed::total).collect::<Vec<_>>())
        .bind(orders.iter().map(|placed| placed.currency.as_str().to_owned()).collect::<Vec<_>>())
        .bind(orders.iter().map(|placed| at(placed.minute)).collect::<Vec<_>>())
        .execute(&mut conn)
        .await
        .unwrap();
    let items: Vec<_> = orders
        .iter()
        .flat_map(|placed| (1_i16..).zip(&placed.lines).map(move |(place, line)| (placed, place, *line)))
        .collect();
    sqlx::query(ITEMS)
        .bind(items.iter().map(|(placed, ..)| ground(placed.number)).collect::<Vec<_>>())
        .bind(items.iter().map(|(_, place, _)| *place).collect::<Vec<_>>())
        .bind(items.iter().map(|(.., (film, ..))| ground(*film)).collect::<Vec<_>>())
        .bind(items.iter().map(|(.., (film, ..))| title(*film)).collect::<Vec<_>>())
        .bind(items.iter().map(|(.., (_, copies, _))| *copies).collect::<Vec<_>>())
        .bind(items.iter().map(|(.., (.., price))| *price).collect::<Vec<_>>())
        .bind(items.iter().map(|(placed, ..)| placed.currency.as_str().to_owned()).collect::<Vec<_>>())
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

/// Thirty orders that share their values: of four films, of which two are in no catalogue, by three users and one who is gone.
pub(crate) fn many() -> Vec<Placed> {
    let eur = Currency::parse("EUR").unwrap();
    let placed = |number: i64| Placed {
        number: number.unsigned_abs().into(),
        owner: [1, 2, 3, 9][number as usize % 4],
        status: Status::ALL[number as usize % 3],
        minute: number / 2 * 7,
        currency: if number % 5 == 0 { eur } else { Currency::USD },
        lines: (0..=number % 3)
            .map(|line| (1 + ((number + line) % 4).unsigned_abs() as u128, 1 + (number % 4) as i16, 500 + line * 250))
            .collect(),
    };
    (0..30).map(placed).collect()
}

/// The whole list, page by page.
pub(crate) async fn walk(sales: &Business, filter: &QueryFilter, order: &OrderBy<OrderField>, limit: u32) -> Vec<Sale> {
    let mut page = Page::first(limit);
    let mut walked = Vec::new();
    loop {
        let slice = sales.query(filter, order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        match slice.next {
            Some(keys) => page.position = Position::After(keys),
            None => return walked,
        }
        assert!(walked.len() <= 1000, "the pages do not end");
    }
}
