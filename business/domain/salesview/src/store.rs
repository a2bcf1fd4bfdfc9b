//! Sales in PostgreSQL: the statements, the rows, what becomes what.

use chrono::Datelike as _;
use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Date, Decimal, Email, Money, MovieId, Name, OrderId, Timestamp, UserId};
use uuid::Uuid;

use crate::filter::{OrderField, QueryFilter, TotalField};
use crate::model::{Account, Buyer, By, Group, Sale, Total};

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

/// A row of totals.
#[derive(sqlx::FromRow)]
struct TotalRow {
    total_id: Uuid,
    movie_id: Option<Uuid>,
    title: Option<String>,
    month: Option<Timestamp>,
    orders: i64,
    copies: i64,
    amount: Decimal,
    price_currency: String,
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
        let terms = terms(order_by);
        let keyset = Keyset::new(terms, "order_items.order_id", order_by.tie_break());
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
        let mut sql =
            QueryBuilder::new("SELECT count(*) FROM order_items JOIN orders ON orders.order_id = order_items.order_id");
        push_filter(&mut sql, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }

    /// Opens the cursor that [`Store::next`] reads. It sees the moment of the transaction's first statement.
    pub(crate) async fn open(&self, filter: &QueryFilter, order_by: &OrderBy<OrderField>) -> Result<(), sqldb::Error> {
        let terms = terms(order_by);
        let keyset = Keyset::new(terms, "order_items.order_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("DECLARE sales NO SCROLL CURSOR FOR ", sales!()));
        push_filter(&mut sql, filter);
        keyset.push_order(&mut sql);
        self.db.execute(sql.build()).await?;
        Ok(())
    }

    /// The next sales of the cursor; none at its end.
    pub(crate) async fn next(&self) -> Result<Vec<Sale>, sqldb::Error> {
        const SQL: &str = "FETCH 1000 FROM sales";
        // Not kept by the session: the statement belongs to this cursor, and the next one has the same name.
        // check: unprepared: the cursor is there in the transaction that opened it alone
        let rows = self.db.fetch_all(sqlx::query_as::<_, Row>(SQL).persistent(false)).await?;
        Ok(rows.into_iter().map(Sale::from).collect())
    }

    pub(crate) async fn totals(
        &self,
        by: By,
        filter: &QueryFilter,
        order_by: &OrderBy<TotalField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Total>, sqldb::Error> {
        let terms = total_terms(by, order_by);
        let order = terms.iter().map(|&(field, direction)| (total_expression(field), direction));
        let keyset = Keyset::new(order, "total_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(
            "SELECT total_id, totals.movie_id, coalesce(movies.title, sold_as) AS title, month, orders, copies, amount, \
             totals.price_currency FROM ",
        );
        push_groups(&mut sql, by, filter);
        // Makes the condition that may follow uniform.
        sql.push(" LEFT JOIN movies ON movies.movie_id = totals.movie_id WHERE true");
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<TotalRow>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(&terms)).map(Total::from))
    }

    pub(crate) async fn count_totals(&self, by: By, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM ");
        push_groups(&mut sql, by, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
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

impl TotalRow {
    /// The row's place in the order.
    fn keys(&self, terms: &[(TotalField, Direction)]) -> Keys {
        let key = |(field, _): &(TotalField, Direction)| match field {
            TotalField::Amount => Key::Decimal(self.amount),
            TotalField::Copies => Key::Int(self.copies),
            TotalField::Orders => Key::Int(self.orders),
            TotalField::Month => self.month.map_or(Key::Null, Key::Time),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.total_id }
    }
}

impl From<TotalRow> for Total {
    fn from(row: TotalRow) -> Self {
        let group = match (row.movie_id, row.month) {
            (Some(movie_id), _) => {
                Group::Film { movie_id: MovieId::restore(movie_id), title: row.title.unwrap_or_default() }
            }
            (None, month) => Group::Month(first_day(month.unwrap_or_default())),
        };
        Self {
            group,
            orders: row.orders,
            copies: row.copies,
            // A sum of integers, which has no places.
            amount: row.amount.trunc().mantissa(),
            currency: Currency::restore(&row.price_currency),
        }
    }
}

/// The terms of an order of totals; films have no month.
fn total_terms(by: By, order_by: &OrderBy<TotalField>) -> Vec<(TotalField, Direction)> {
    let has = |(field, _): &(TotalField, Direction)| by == By::Month || *field != TotalField::Month;
    order_by.terms().iter().copied().filter(has).collect()
}

fn total_expression(field: TotalField) -> &'static str {
    match field {
        TotalField::Amount => "amount",
        TotalField::Copies => "copies",
        TotalField::Orders => "orders",
        TotalField::Month => "month",
    }
}

fn first_day(month: Timestamp) -> Date {
    let day = month.date_naive();
    day.with_day(1).unwrap_or(day)
}

/// The terms of an order, then the place within the order, before the order itself. The expressions are those of the indexes in
/// the migrations, to the letter.
///
/// Amounts have many ties, but stand in one table with what breaks them. Moments stand in another one, and have few: there
/// the lines of an order come in their own order, whichever way.
fn terms(order_by: &OrderBy<OrderField>) -> Vec<(&'static str, Direction)> {
    let by_moment = order_by.terms().iter().any(|(field, _)| *field == OrderField::CreatedAt);
    let place = if by_moment { Direction::Ascending } else { order_by.tie_break() };
    let terms = order_by.terms().iter().map(|&(field, direction)| (expression(field), direction));
    terms.chain([("order_items.place", place)]).collect()
}

fn expression(field: OrderField) -> &'static str {
    match field {
        OrderField::Amount => "(order_items.quantity * order_items.price_amount)",
        OrderField::CreatedAt => "orders.created_at",
    }
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

/// Adds the table `totals`: a row for each group and currency. Its id is made of both, whatever the session's time zone and style
/// of dates are, and tells it from every other one.
fn push_groups(sql: &mut QueryBuilder<Postgres>, by: By, filter: &QueryFilter) {
    sql.push(
        "(SELECT md5(concat(movie_id, extract(epoch FROM month), price_currency))::uuid AS total_id, movie_id, sold_as, \
         month, orders, copies, amount, price_currency FROM (SELECT ",
    );
    sql.push(columns(by)).push(
        ", count(DISTINCT orders.order_id), sum(order_items.quantity), \
         sum(order_items.quantity * order_items.price_amount), order_items.price_currency \
         FROM order_items JOIN orders ON orders.order_id = order_items.order_id",
    );
    push_filter(sql, filter);
    // By film, month and currency.
    sql.push(
        " GROUP BY 1, 3, 7) AS groups (movie_id, sold_as, month, orders, copies, amount, price_currency)) AS totals",
    );
}

/// The film, its title, the month.
fn columns(by: By) -> &'static str {
    match by {
        By::Film => "order_items.movie_id, max(order_items.title), NULL::timestamptz",
        By::Month => "NULL::uuid, NULL::text, date_trunc('month', orders.created_at, 'UTC')",
    }
}
