//! Audits in PostgreSQL: the statements, the rows, what becomes what.

use keyset::Keyset;
use paging::{Key, Keys, OrderBy, Page, Slice};
use serde_json::Value;
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Timestamp, Version};
use uuid::Uuid;

use crate::filter::{OrderField, QueryFilter, TraceId, Word};
use crate::model::{Actor, ActorKind, Audit, AuditId};

/// Where audits are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row.
#[derive(sqlx::FromRow)]
struct Row {
    audit_id: Uuid,
    occurred_at: Timestamp,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    entity: String,
    entity_id: Uuid,
    action: String,
    version: i64,
    difference: Value,
    trace_id: Option<String>,
    address: Option<String>,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "audit_id, occurred_at, actor_kind, actor_id, actor_name, entity, entity_id, action, version, difference, \
         trace_id, host(address) AS address"
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
    ) -> Result<Slice<Audit>, sqldb::Error> {
        // The id holds the time: its order is that of time, and nothing else has to be compared.
        let keyset = Keyset::new([], "audit_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM audits"));
        push_filter(&mut sql, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, &Keys { values: Vec::new(), id: keys.id });
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        let time = |row: &Row| order_by.terms().iter().map(|_| Key::Time(row.occurred_at)).collect();
        let keys = |row: &Row| Keys { values: time(row), id: row.audit_id };
        Ok(Slice::cut(rows, page, total, keys).map(Audit::from))
    }

    pub(crate) async fn query_by_id(&self, audit_id: AuditId) -> Result<Option<Audit>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM audits WHERE audit_id = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, Row>(SQL).bind(audit_id.uuid())).await?;
        Ok(row.map(Audit::from))
    }

    pub(crate) async fn count(&self, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM audits");
        push_filter(&mut sql, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }
}

impl From<Row> for Audit {
    fn from(row: Row) -> Self {
        Self {
            id: AuditId::restore(row.audit_id),
            occurred_at: row.occurred_at,
            actor: Actor::restore(&row.actor_kind, row.actor_id, row.actor_name),
            entity: row.entity,
            entity_id: row.entity_id,
            action: row.action,
            version: Version::restore(row.version),
            difference: row.difference,
            trace_id: row.trace_id,
            address: row.address.and_then(|address| address.parse().ok()),
        }
    }
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    if let Some(entity) = &filter.entity {
        sql.push(" AND entity = ").push_bind(Word::as_str(entity).to_owned());
    }
    if let Some(entity_id) = filter.entity_id {
        sql.push(" AND entity_id = ").push_bind(entity_id);
    }
    if let Some(action) = &filter.action {
        sql.push(" AND action = ").push_bind(Word::as_str(action).to_owned());
    }
    if let Some(actor) = filter.actor {
        // Literals: there is an index of what operators did, which a parameter could not be shown to mean.
        sql.push(match actor {
            ActorKind::Anonymous => " AND actor_kind = 'anonymous'",
            ActorKind::User => " AND actor_kind = 'user'",
            ActorKind::Operator => " AND actor_kind = 'operator'",
            ActorKind::System => " AND actor_kind = 'system'",
        });
    }
    if let Some(actor_id) = filter.actor_id {
        sql.push(" AND actor_id = ").push_bind(actor_id.uuid());
    }
    if let Some(trace_id) = &filter.trace_id {
        sql.push(" AND trace_id = ").push_bind(TraceId::as_str(trace_id).to_owned());
    }
    if let Some(address) = filter.address {
        sql.push(" AND address = ").push_bind(address.to_string()).push("::inet");
    }
    if let Some(from) = filter.from {
        sql.push(" AND audit_id >= ").push_bind(first_id(from));
    }
    if let Some(to) = filter.to {
        sql.push(" AND audit_id < ").push_bind(first_id(to));
    }
}

/// An id that no audit before `time` is above, and none from then on below: the milliseconds since 1970 in its first 48
/// bits (RFC 9562, section 5.7), then zeros.
fn first_id(time: Timestamp) -> Uuid {
    let whole = time.timestamp_millis();
    let begun = i64::from(!time.timestamp_subsec_nanos().is_multiple_of(1_000_000));
    let millis = (whole + begun).clamp(0, (1 << 48) - 1);
    Uuid::from_u128(u128::from(millis.unsigned_abs()) << 80)
}
