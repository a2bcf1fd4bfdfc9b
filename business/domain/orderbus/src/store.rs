//! Orders in PostgreSQL: the statements, the rows, what becomes what.

use std::collections::HashMap;

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Money, MovieId, OrderId, Scope, Timestamp, UserId, Version};
use uuid::Uuid;

use crate::filter::{OrderField, QueryFilter};
use crate::model::{Item, Order, Quantity, Status};

/// Where orders are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row, with what places it in an order.
#[derive(sqlx::FromRow)]
struct Row {
    order_id: Uuid,
    owner_id: Uuid,
    status: String,
    total_amount: i64,
    total_currency: String,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A row of what was ordered.
#[derive(sqlx::FromRow)]
struct ItemRow {
    order_id: Uuid,
    movie_id: Uuid,
    title: String,
    quantity: i16,
    price_amount: i64,
    price_currency: String,
}

/// One term of an order: a field, the expression that an index holds for it, and its direction.
struct Term {
    field: OrderField,
    sql: &'static str,
    direction: Direction,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn create(&self, order: &Order) -> Result<(), sqldb::Error> {
        const SQL: &str = "
            INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        const ITEMS: &str = "
            INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
            SELECT $1, place, movie_id, title, quantity, price_amount, price_currency
            FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::bigint[], $6::text[]) WITH ORDINALITY
                AS items (movie_id, title, quantity, price_amount, price_currency, place)";
        let insert = sqlx::query(SQL)
            .bind(order.id.uuid())
            .bind(order.owner.uuid())
            .bind(order.status.as_str())
            .bind(order.total.amount)
            .bind(order.total.currency.as_str().to_owned())
            .bind(order.version.number())
            .bind(order.created_at)
            .bind(order.updated_at);
        let items = &order.items;
        let insert_items = sqlx::query(ITEMS)
            .bind(order.id.uuid())
            .bind(items.iter().map(|item| item.movie_id.uuid()).collect::<Vec<_>>())
            .bind(items.iter().map(|item| item.title.as_str().to_owned()).collect::<Vec<_>>())
            .bind(items.iter().map(|item| item.quantity.copies()).collect::<Vec<_>>())
            .bind(items.iter().map(|item| item.price.amount).collect::<Vec<_>>())
            .bind(items.iter().map(|item| item.price.currency.as_str().to_owned()).collect::<Vec<_>>());
        self.db.execute(insert).await?;
        self.db.execute(insert_items).await?;
        Ok(())
    }

    /// Brings the order, which is there, to `status`, and answers its version and the time of the change.
    pub(crate) async fn step(&self, order_id: OrderId, status: Status) -> Result<(Version, Timestamp), sqldb::Error> {
        // A clock may run behind the one that wrote before it; a row is never older after a change.
        const SQL: &str = "
            UPDATE orders SET status = $2, version = version + 1, updated_at = greatest(updated_at, $3)
            WHERE order_id = $1
            RETURNING version, updated_at";
        let change =
            sqlx::query_as::<_, (i64, Timestamp)>(SQL).bind(order_id.uuid()).bind(status.as_str()).bind(types::now());
        let (version, updated_at) = self.db.fetch_one(change).await?;
        Ok((Version::restore(version), updated_at))
    }

    pub(crate) async fn query(
        &self,
        scope: Scope,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Order>, sqldb::Error> {
        let terms = terms(order_by);
        let order = terms.iter().map(|term| (term.sql, term.direction));
        let keyset = Keyset::new(order, "order_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM orders"));
        push_filter(&mut sql, scope, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        let slice = Slice::cut(rows, page, total, |row| row.keys(&terms));
        let mut items = self.items(slice.items.iter().map(|row| row.order_id).collect()).await?;
        Ok(slice.map(|row| row.order(&mut items)))
    }

    pub(crate) async fn query_by_id(&self, scope: Scope, order_id: OrderId) -> Result<Option<Order>, sqldb::Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM orders WHERE order_id = $1 AND owner_id = coalesce($2, owner_id)");
        self.one(SQL, scope, order_id).await
    }

    /// The order with this id, which nobody else changes until the transaction ends.
    pub(crate) async fn lock(&self, scope: Scope, order_id: OrderId) -> Result<Option<Order>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM orders WHERE order_id = $1 AND owner_id = coalesce($2, owner_id) FOR UPDATE"
        );
        self.one(SQL, scope, order_id).await
    }

    /// The oldest orders that were placed before `before` and are not paid yet.
    pub(crate) async fn pending_before(&self, before: Timestamp, limit: u32) -> Result<Vec<OrderId>, sqldb::Error> {
        const SQL: &str = "
            SELECT order_id FROM orders WHERE status = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2";
        let rows = self.db.fetch_all(sqlx::query_as::<_, (Uuid,)>(SQL).bind(before).bind(i64::from(limit))).await?;
        Ok(rows.into_iter().map(|(id,)| OrderId::restore(id)).collect())
    }

    async fn one(&self, sql: &'static str, scope: Scope, order_id: OrderId) -> Result<Option<Order>, sqldb::Error> {
        let query = sqlx::query_as::<_, Row>(sql).bind(order_id.uuid()).bind(scope.owner().map(UserId::uuid));
        let Some(row) = self.db.fetch_optional(query).await? else { return Ok(None) };
        let mut items = self.items(vec![row.order_id]).await?;
        Ok(Some(row.order(&mut items)))
    }

    /// What was ordered, by order. Items never change, so that they fit an order that was read before.
    async fn items(&self, orders: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<Item>>, sqldb::Error> {
        const SQL: &str = "
            SELECT order_id, movie_id, title, quantity, price_amount, price_currency
            FROM order_items WHERE order_id = ANY($1) ORDER BY order_id, place";
        let rows = self.db.fetch_all(sqlx::query_as::<_, ItemRow>(SQL).bind(orders)).await?;
        let mut items: HashMap<Uuid, Vec<Item>> = HashMap::new();
        for row in rows {
            items.entry(row.order_id).or_default().push(row.into());
        }
        Ok(items)
    }

    pub(crate) async fn count(&self, scope: Scope, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM orders");
        push_filter(&mut sql, scope, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }
}

impl Row {
    /// The row's place in the order of `terms`.
    fn keys(&self, terms: &[Term]) -> Keys {
        let key = |term: &Term| match term.field {
            OrderField::Total => Key::Int(self.total_amount),
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.order_id }
    }

    /// The order, with its own of `items`.
    fn order(self, items: &mut HashMap<Uuid, Vec<Item>>) -> Order {
        Order {
            id: OrderId::restore(self.order_id),
            owner: UserId::restore(self.owner_id),
            status: Status::restore(&self.status),
            items: items.remove(&self.order_id).unwrap_or_default(),
            total: Money { amount: self.total_amount, currency: Currency::restore(&self.total_currency) },
            version: Version::restore(self.version),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        Self {
            movie_id: MovieId::restore(row.movie_id),
            title: moviebus::Title::restore(row.title),
            quantity: Quantity::restore(row.quantity),
            price: Money { amount: row.price_amount, currency: Currency::restore(&row.price_currency) },
        }
    }
}

/// The terms of an order. The expressions are those of the indexes in the migrations, to the letter.
fn terms(order_by: &OrderBy<OrderField>) -> Vec<Term> {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match field {
            OrderField::Total => "total_amount",
            OrderField::CreatedAt => "created_at",
        };
        Term { field, sql, direction }
    };
    order_by.terms().iter().map(term).collect()
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, scope: Scope, filter: &QueryFilter) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    push_scope(sql, scope);
    if let Some(status) = filter.status {
        sql.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(movie_id) = filter.movie_id {
        sql.push(" AND order_id IN (SELECT order_id FROM order_items WHERE movie_id = ")
            .push_bind(movie_id.uuid())
            .push(")");
    }
    if let Some(least) = filter.total_from {
        sql.push(" AND total_amount >= ").push_bind(least);
    }
    if let Some(most) = filter.total_to {
        sql.push(" AND total_amount <= ").push_bind(most);
    }
}

fn push_scope(sql: &mut QueryBuilder<Postgres>, scope: Scope) {
    if let Some(owner) = scope.owner() {
        sql.push(" AND owner_id = ").push_bind(owner.uuid());
    }
}
