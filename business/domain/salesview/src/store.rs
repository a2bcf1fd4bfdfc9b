//! Sales in PostgreSQL: the statements, the rows, what becomes what.

mod totals;

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Email, Money, MovieId, Name, OrderId, Timestamp, UserId};
use uuid::Uuid;

use crate::filter::{OrderField, QueryFilter};
use crate::model::{Account, Buyer, Sale};

/// Where sales are read.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row.
#[derive(sqlx::FromRow)]
struct Row {
    order_id: Uuid,
    place: i16,
    status: String,
    created_at: Timestamp,
    owner_id: Uuid,
    name: Option<String>,
    email: Option<String>,
    movie_id: Uuid,
    title: String,
    quantity: i16,
    price_amount: i64,
    price_currency: String,
    amount: i64,
    total_amount: i64,
    total_currency: String,
}

/// The columns of a [`Row`], and where they are.
macro_rules! sales {
    () => {
        "SELECT order_items.order_id, order_items.place, orders.status, orders.created_at, orders.owner_id, users.name, \
         users.email, order_items.movie_id, order_items.title, order_items.quantity, order_items.price_amount, \
         order_items.price_currency, order_items.quantity * order_items.price_amount AS amount, orders.total_amount, \
         orders.total_currency \
         FROM order_items JOIN orders ON orders.order_id = order_items.order_id \
         LEFT JOIN users ON users.user_id = orders.owner_id"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn query(
        &self,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Sale>, sqldb::Error> {
        let keyset = keyset(order_by);
        let mut sql = QueryBuilder::new(sales!());
        push_filter(&mut sql, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(order_by)).map(Sale::from))
    }

    pub(crate) async fn count(&self, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new(
            "SELECT count(*) FROM order_items JOIN orders ON orders.order_id = order_items.order_id",
        );
        push_filter(&mut sql, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }

    /// Opens the cursor that [`Store::next`] reads. It sees the moment of the transaction's first statement.
    pub(crate) async fn open(&self, filter: &QueryFilter, order_by: &OrderBy<OrderField>) -> Result<(), sqldb::Error> {
        let mut sql = QueryBuilder::new(concat!("DECLARE sales NO SCROLL CURSOR FOR ", sales!()));
        push_filter(&mut sql, filter);
        keyset(order_by).push_order(&mut sql);
        self.db.execute(sql.build()).await?;
        Ok(())
    }

    /// The next sales of the cursor; none at its end.
    pub(crate) async fn next(&self) -> Result<Vec<Sale>, sqldb::Error> {
        // check: unprepared: the cursor is there in the transaction that opened it alone
        const SQL: &str = "FETCH 1000 FROM sales";
        // Not kept by the session: the statement belongs to this cursor, and the next one has the same name.
        let rows = self.db.fetch_all(sqlx::query_as::<_, Row>(SQL).persistent(false)).await?;
        Ok(rows.into_iter().map(Sale::from).collect())
    }
}

impl Row {
    /// The row's place in the order.
    fn keys(&self, order_by: &OrderBy<OrderField>) -> Keys {
        let key = |(field, _): &(OrderField, Direction)| match field {
            OrderField::Amount => Key::Int(self.amount),
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        let values = order_by.terms().iter().map(key).chain([Key::Int(self.place.into())]);
        Keys { values: values.collect(), id: self.order_id }
    }
}

impl From<Row> for Sale {
    fn from(row: Row) -> Self {
        let account = row.name.zip(row.email);
        let currency = Currency::restore(&row.price_currency);
        Self {
            order_id: OrderId::restore(row.order_id),
            place: row.place,
            status: orderbus::Status::restore(&row.status),
            created_at: row.created_at,
            buyer: Buyer {
                id: UserId::restore(row.owner_id),
                account: account
                    .map(|(name, email)| Account { name: Name::restore(name), email: Email::restore(email) }),
            },
            movie_id: MovieId::restore(row.movie_id),
            title: row.title,
            quantity: row.quantity,
            price: Money { amount: row.price_amount, currency },
            amount: Money { amount: row.amount, currency },
            total: Money { amount: row.total_amount, currency: Currency::restore(&row.total_currency) },
        }
    }
}

/// The order: its terms, then the place within the order and the order. The expressions are those of the indexes in the
/// migrations, to the letter.
///
/// Amounts have many ties, but stand in one table with what breaks them. Moments stand in another one, and have few: of these,
/// the lines of an order come in their own order.
fn keyset(order_by: &OrderBy<OrderField>) -> Keyset {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match field {
            OrderField::Amount => "(order_items.quantity * order_items.price_amount)",
            OrderField::CreatedAt => "orders.created_at",
        };
        (sql, direction)
    };
    let is_joined = order_by.terms().iter().any(|(field, _)| *field == OrderField::CreatedAt);
    let place = if is_joined { Direction::Ascending } else { order_by.tie_break() };
    let terms = order_by.terms().iter().map(term).chain([("order_items.place", place)]);
    let keyset = Keyset::new(terms, "order_items.order_id", order_by.tie_break());
    if is_joined { keyset.joined() } else { keyset }
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    match filter.statuses.as_slice() {
        [] => {}
        // An index gives the sales of one status in order, those of several only one after the other.
        [status] => {
            sql.push(" AND orders.status = ").push_bind(status.as_str());
        }
        statuses => {
            let names: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
            sql.push(" AND orders.status = ANY (").push_bind(names).push(")");
        }
    }
    if let Some(movie_id) = filter.movie_id {
        sql.push(" AND order_items.movie_id = ").push_bind(movie_id.uuid());
    }
    if let Some(buyer) = filter.buyer {
        sql.push(" AND orders.owner_id = ").push_bind(buyer.uuid());
    }
    if let Some(search) = &filter.search {
        // Accounts first, by their own indexes: there are fewer of them than orders.
        sql.push(" AND orders.owner_id IN (SELECT user_id FROM users WHERE name_folded LIKE '%' || fold_text(")
            .push_bind(literal(search.as_str()))
            .push(") || '%' OR email LIKE '%' || lower(")
            .push_bind(literal(search.as_str()))
            .push(") || '%')");
    }
    if let Some(from) = filter.from {
        sql.push(" AND orders.created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND orders.created_at < ").push_bind(to);
    }
    if let Some(least) = filter.amount_from {
        sql.push(" AND (order_items.quantity * order_items.price_amount) >= ").push_bind(least);
    }
    if let Some(most) = filter.amount_to {
        sql.push(" AND (order_items.quantity * order_items.price_amount) <= ").push_bind(most);
    }
    if let Some(least) = filter.total_from {
        sql.push(" AND orders.total_amount >= ").push_bind(least);
    }
    if let Some(most) = filter.total_to {
        sql.push(" AND orders.total_amount <= ").push_bind(most);
    }
    if let Some(currency) = filter.currency {
        sql.push(" AND order_items.price_currency = ").push_bind(currency.as_str().to_owned());
    }
}

/// A pattern of LIKE that matches the text and nothing else.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
