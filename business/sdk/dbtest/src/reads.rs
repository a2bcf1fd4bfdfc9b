//! What a unit of work reads, counted by PostgreSQL.

use sqldb::Tx;

use crate::fail;

/// What a transaction has read of a table so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Reads {
    /// How often it went through the whole table.
    pub whole_table: i64,
    /// How many rows it fetched by an index.
    pub rows: i64,
}

impl Reads {
    /// What `tx` has read of `table`.
    pub async fn of(table: &str, tx: &Tx) -> Self {
        const SQL: &str = "
            SELECT seq_scan AS whole_table, coalesce(idx_tup_fetch, 0) AS rows
            FROM pg_stat_xact_user_tables WHERE relname = $1";
        let counted = tx.db().fetch_one(sqlx::query_as(SQL).bind(table)).await;
        counted.unwrap_or_else(|error| fail("count what was read", &error))
    }
}
