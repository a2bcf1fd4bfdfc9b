//! What sales come to.

use chrono::Datelike as _;
use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Date, Decimal, MovieId, Timestamp};
use uuid::Uuid;

use super::{Store, push_filter};
use crate::filter::{QueryFilter, TotalField};
use crate::model::{By, Group, Total};

/// A row.
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

impl Store {
    pub(crate) async fn totals(
        &self,
        by: By,
        filter: &QueryFilter,
        order_by: &OrderBy<TotalField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Total>, sqldb::Error> {
        let terms = terms(by, order_by);
        let order = terms.iter().map(|&(field, direction)| (expression(field), direction));
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

/// The terms of an order; films have no month.
fn terms(by: By, order_by: &OrderBy<TotalField>) -> Vec<(TotalField, Direction)> {
    let has = |(field, _): &(TotalField, Direction)| by == By::Month || *field != TotalField::Month;
    order_by.terms().iter().copied().filter(has).collect()
}

fn expression(field: TotalField) -> &'static str {
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

/// Adds the table `totals`: a row for each group and currency. Its id is made of both, and tells it from every other one.
fn push_groups(sql: &mut QueryBuilder<Postgres>, by: By, filter: &QueryFilter) {
    sql.push(match by {
        By::Film => {
            "(SELECT md5(order_items.movie_id::text || order_items.price_currency)::uuid AS total_id, order_items.movie_id, \
             max(order_items.title) AS sold_as, NULL::timestamptz AS month"
        }
        By::Month => {
            "(SELECT md5(extract(epoch FROM date_trunc('month', orders.created_at, 'UTC'))::text \
             || order_items.price_currency)::uuid AS total_id, NULL::uuid AS movie_id, NULL::text AS sold_as, \
             date_trunc('month', orders.created_at, 'UTC') AS month"
        }
    });
    sql.push(
        ", count(DISTINCT orders.order_id) AS orders, sum(order_items.quantity) AS copies, \
         sum(order_items.quantity * order_items.price_amount) AS amount, order_items.price_currency \
         FROM order_items JOIN orders ON orders.order_id = order_items.order_id",
    );
    push_filter(sql, filter);
    sql.push(match by {
        By::Film => " GROUP BY order_items.movie_id, order_items.price_currency) AS totals",
        By::Month => " GROUP BY date_trunc('month', orders.created_at, 'UTC'), order_items.price_currency) AS totals",
    });
}
