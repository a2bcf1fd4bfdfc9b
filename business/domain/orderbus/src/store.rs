//! Orders in PostgreSQL: the statements, the rows, what becomes what.

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Money, OrderId, Scope, Timestamp, UserId, Version};
use uuid::Uuid;

use crate::Error;
use crate::filter::{OrderField, QueryFilter};
use crate::model::{Order, Status, UpdateOrder, Worth};

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
    worth_amount: i64,
    worth_currency: String,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
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
        "order_id, owner_id, status, worth_amount, worth_currency, version, created_at, updated_at"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn create(&self, order: &Order) -> Result<(), Error> {
        const SQL: &str = "
            INSERT INTO orders (order_id, owner_id, status, worth_amount, worth_currency, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let insert = sqlx::query(SQL)
            .bind(order.id.uuid())
            .bind(order.owner.uuid())
            .bind(order.status.as_str())
            .bind(order.worth.money().amount)
            .bind(order.worth.money().currency.as_str().to_owned())
            .bind(order.version.number())
            .bind(order.created_at)
            .bind(order.updated_at);
        self.db.execute(insert).await.map_err(meaning)?;
        Ok(())
    }

    /// Changes the order and answers it as it is now; `None` when none has the id and the version of `order`.
    ///
    /// Only what the update names is written: a column that this release can't read keeps its value.
    pub(crate) async fn update(&self, order: &Order, update: UpdateOrder) -> Result<Option<Order>, Error> {
        // A clock may run behind the one that wrote before it; a row is never older after a change.
        const SQL: &str = concat!(
            "UPDATE orders SET
                status = coalesce($3, status),
                worth_amount = coalesce($4, worth_amount),
                worth_currency = coalesce($5, worth_currency),
                version = version + 1,
                updated_at = greatest(updated_at, $6)
            WHERE order_id = $1 AND version = $2
            RETURNING ",
            columns!()
        );
        let worth = update.worth.map(Worth::money);
        let change = sqlx::query_as::<_, Row>(SQL)
            .bind(order.id.uuid())
            .bind(order.version.number())
            .bind(update.status.map(Status::as_str))
            .bind(worth.map(|money| money.amount))
            .bind(worth.map(|money| money.currency.as_str().to_owned()))
            .bind(types::now());
        let row = self.db.fetch_optional(change).await.map_err(meaning)?;
        Ok(row.map(Order::from))
    }

    /// Removes the order and answers it as it was; `None` when none within `scope` has the id, or it has
    /// another version than `expected`.
    pub(crate) async fn delete(
        &self,
        scope: Scope,
        order_id: OrderId,
        expected: Option<Version>,
    ) -> Result<Option<Order>, Error> {
        const SQL: &str = concat!(
            "DELETE FROM orders
            WHERE order_id = $1 AND version = coalesce($2, version) AND owner_id = coalesce($3, owner_id)
            RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL)
            .bind(order_id.uuid())
            .bind(expected.map(Version::number))
            .bind(scope.owner().map(UserId::uuid));
        match self.db.fetch_optional(delete).await {
            Ok(row) => Ok(row.map(Order::from)),
            // Of all constraints a delete can only violate the keys that refer to the row.
            Err(sqldb::Error::Violates { .. }) => Err(Error::InUse),
            Err(error) => Err(error.into()),
        }
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
        Ok(Slice::cut(rows, page, total, |row| row.keys(&terms)).map(Order::from))
    }

    pub(crate) async fn query_by_id(&self, scope: Scope, order_id: OrderId) -> Result<Option<Order>, sqldb::Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM orders WHERE order_id = $1 AND owner_id = coalesce($2, owner_id)");
        let query = sqlx::query_as::<_, Row>(SQL).bind(order_id.uuid()).bind(scope.owner().map(UserId::uuid));
        Ok(self.db.fetch_optional(query).await?.map(Order::from))
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
            OrderField::Worth => Key::Int(self.worth_amount),
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.order_id }
    }
}

impl From<Row> for Order {
    fn from(row: Row) -> Self {
        Self {
            id: OrderId::restore(row.order_id),
            owner: UserId::restore(row.owner_id),
            status: Status::restore(&row.status),
            worth: Worth::restore(Money { amount: row.worth_amount, currency: Currency::restore(&row.worth_currency) }),
            version: Version::restore(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a violated constraint means for orders.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        // The owner was removed a moment ago, and everything that was theirs.
        sqldb::Error::Violates { ref constraint } if constraint == "orders_owner_id_fkey" => Error::NotFound,
        other => Error::Store(other),
    }
}

/// The terms of an order. The expressions are those of the indexes in the migrations, to the letter.
fn terms(order_by: &OrderBy<OrderField>) -> Vec<Term> {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match field {
            OrderField::Worth => "worth_amount",
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
    if let Some(least) = filter.worth_from {
        sql.push(" AND worth_amount >= ").push_bind(least);
    }
    if let Some(most) = filter.worth_to {
        sql.push(" AND worth_amount <= ").push_bind(most);
    }
}

fn push_scope(sql: &mut QueryBuilder<Postgres>, scope: Scope) {
    if let Some(owner) = scope.owner() {
        sql.push(" AND owner_id = ").push_bind(owner.uuid());
    }
}
