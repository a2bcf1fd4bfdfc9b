//! Payments in PostgreSQL: the statements, the rows, what becomes what.

use cards::{ChargeId, Period, Reason};
use sqldb::Db;
use types::{Currency, Money, OrderId, PaymentId, Scope, Timestamp, UserId, Version};
use uuid::Uuid;

use crate::model::{MethodKind, Payment, Status, Subject};

/// Where payments are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

#[derive(sqlx::FromRow)]
struct Row {
    payment_id: Uuid,
    owner_id: Uuid,
    order_id: Option<Uuid>,
    method: String,
    amount: i64,
    currency: String,
    status: String,
    charge_id: Option<String>,
    reason: Option<String>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "payment_id, owner_id, order_id, method, amount, currency, status, charge_id, reason, version, created_at, updated_at"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn create(&self, payment: &Payment) -> Result<(), sqldb::Error> {
        const SQL: &str = "
            INSERT INTO payments
                (payment_id, owner_id, order_id, method, amount, currency, status, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let insert = sqlx::query(SQL)
            .bind(payment.id.uuid())
            .bind(payment.owner.uuid())
            .bind(payment.order_id().map(OrderId::uuid))
            .bind(payment.method.as_str())
            .bind(payment.amount.amount)
            .bind(payment.amount.currency.as_str().to_owned())
            .bind(payment.status.as_str())
            .bind(payment.version.number())
            .bind(payment.created_at)
            .bind(payment.updated_at);
        self.db.execute(insert).await.map(drop)
    }

    /// Stores what changed of a payment that is locked, and answers the time of the change.
    pub(crate) async fn update(&self, payment: &Payment) -> Result<Timestamp, sqldb::Error> {
        // A clock may run behind the one that wrote before it; a row is never older after a change.
        const SQL: &str = "
            UPDATE payments SET status = $2, charge_id = $3, reason = $4, version = $5, updated_at = greatest(updated_at, $6)
            WHERE payment_id = $1
            RETURNING updated_at";
        let update = sqlx::query_as::<_, (Timestamp,)>(SQL)
            .bind(payment.id.uuid())
            .bind(payment.status.as_str())
            .bind(payment.charge_id.as_ref().map(|charge_id| charge_id.as_str().to_owned()))
            .bind(payment.reason.as_ref().map(|reason| reason.as_str().to_owned()))
            .bind(payment.version.number())
            .bind(types::now());
        self.db.fetch_one(update).await.map(|(updated_at,)| updated_at)
    }

    pub(crate) async fn query_by_id(
        &self,
        scope: Scope,
        payment_id: PaymentId,
    ) -> Result<Option<Payment>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM payments WHERE payment_id = $1 AND owner_id = coalesce($2, owner_id)"
        );
        let query = sqlx::query_as::<_, Row>(SQL).bind(payment_id.uuid()).bind(scope.owner().map(UserId::uuid));
        Ok(self.db.fetch_optional(query).await?.map(Payment::from))
    }

    /// The payment, which nobody else changes until the transaction ends.
    pub(crate) async fn lock(&self, payment_id: PaymentId) -> Result<Option<Payment>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM payments WHERE payment_id = $1 FOR UPDATE");
        let query = sqlx::query_as::<_, Row>(SQL).bind(payment_id.uuid());
        Ok(self.db.fetch_optional(query).await?.map(Payment::from))
    }

    /// The payment by which the order was paid for, which nobody else changes until the transaction ends.
    pub(crate) async fn lock_paid(&self, order_id: OrderId) -> Result<Option<Payment>, sqldb::Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM payments WHERE order_id = $1 AND status = 'succeeded' FOR UPDATE");
        let query = sqlx::query_as::<_, Row>(SQL).bind(order_id.uuid());
        Ok(self.db.fetch_optional(query).await?.map(Payment::from))
    }

    /// The last payment of the order.
    pub(crate) async fn last(&self, scope: Scope, order_id: OrderId) -> Result<Option<Payment>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM payments WHERE order_id = $1 AND owner_id = coalesce($2, owner_id) ORDER BY created_at DESC, payment_id DESC LIMIT 1"
        );
        let query = sqlx::query_as::<_, Row>(SQL).bind(order_id.uuid()).bind(scope.owner().map(UserId::uuid));
        Ok(self.db.fetch_optional(query).await?.map(Payment::from))
    }

    /// The payments that began before `before` and are not decided, after the payment `after`, the oldest first.
    pub(crate) async fn pending_before(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, PaymentId)>,
        limit: u32,
    ) -> Result<Vec<Payment>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM payments
            WHERE status = 'pending' AND created_at < $1
                AND ($2::timestamptz IS NULL OR (created_at, payment_id) > ($2, $3))
            ORDER BY created_at, payment_id LIMIT $4"
        );
        let query = sqlx::query_as::<_, Row>(SQL)
            .bind(before)
            .bind(after.map(|(time, _)| time))
            .bind(after.map(|(_, id)| id.uuid()))
            .bind(i64::from(limit));
        Ok(self.db.fetch_all(query).await?.into_iter().map(Payment::from).collect())
    }

    /// The payments by card that began in the period, after the payment `after`, the oldest first.
    pub(crate) async fn by_card(
        &self,
        period: Period,
        after: Option<(Timestamp, PaymentId)>,
        limit: u32,
    ) -> Result<Vec<Payment>, sqldb::Error> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM payments
            WHERE method = 'card' AND created_at >= $1 AND created_at < $2
                AND ($3::timestamptz IS NULL OR (created_at, payment_id) > ($3, $4))
            ORDER BY created_at, payment_id LIMIT $5"
        );
        let query = sqlx::query_as::<_, Row>(SQL)
            .bind(period.from)
            .bind(period.before)
            .bind(after.map(|(time, _)| time))
            .bind(after.map(|(_, id)| id.uuid()))
            .bind(i64::from(limit));
        Ok(self.db.fetch_all(query).await?.into_iter().map(Payment::from).collect())
    }
}

impl From<Row> for Payment {
    fn from(row: Row) -> Self {
        Self {
            id: PaymentId::restore(row.payment_id),
            owner: UserId::restore(row.owner_id),
            subject: row.order_id.map_or(Subject::Deposit, |order_id| Subject::Order(OrderId::restore(order_id))),
            method: MethodKind::restore(&row.method),
            amount: Money { amount: row.amount, currency: Currency::restore(&row.currency) },
            status: Status::restore(&row.status),
            charge_id: row.charge_id.map(ChargeId::restore),
            reason: row.reason.as_deref().map(Reason::restore),
            version: Version::restore(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
