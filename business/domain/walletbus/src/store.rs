//! The ledger in PostgreSQL: the statements, the rows, what becomes what.

use keyset::Keyset;
use paging::{Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Money, PaymentId, Timestamp, UserId};
use uuid::Uuid;

use crate::Audit;
use crate::filter::{OrderField, QueryFilter};
use crate::model::{Account, Balance, Entry, EntryId, Movement, Reason, Transfer, TransferId};

/// Where the ledger is kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// An account, as it is while nobody else changes it.
#[derive(Clone, Copy)]
pub(crate) struct Locked {
    id: Uuid,
    /// Whose wallet it is, if it is one.
    wallet_owner: Option<UserId>,
    /// `None` for an account of the house.
    pub(crate) balance: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    account_id: Uuid,
    kind: String,
    owner_id: Option<Uuid>,
    balance: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct BalanceRow {
    currency: String,
    available: i64,
    held: i64,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    entry_id: Uuid,
    transfer_id: Uuid,
    kind: String,
    amount: i64,
    currency: String,
    balance_after: Option<i64>,
    counterparty: Option<Uuid>,
    payment_id: Option<Uuid>,
    created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct TransferRow {
    transfer_id: Uuid,
    amount: i64,
    currency: String,
    created_at: Timestamp,
    // check: never null: both sides of what one sends to another are wallets
    sender: Uuid,
    // check: never null: both sides of what one sends to another are wallets
    receiver: Uuid,
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// The two accounts, made when they are not there yet. Those that have an owner stay locked until the transaction ends;
    /// those of the house do not, since nothing of them is changed.
    pub(crate) async fn lock(&self, accounts: [Account; 2], currency: Currency) -> Result<[Locked; 2], sqldb::Error> {
        if let Some(found) = self.find(accounts, currency).await? {
            return Ok(found);
        }
        self.open(accounts, currency).await?;
        self.find(accounts, currency).await?.ok_or(sqldb::Error::NotFound)
    }

    async fn find(&self, accounts: [Account; 2], currency: Currency) -> Result<Option<[Locked; 2]>, sqldb::Error> {
        // The outer lock is taken row by row in the order of the ids, which all who lock accounts keep to.
        const OWNED: &str = "
            SELECT account_id, kind, owner_id, balance FROM ledger_accounts
            WHERE currency = $1 AND owner_id = ANY($2) AND kind IN ('wallet', 'held')
                AND (kind, owner_id) IN (SELECT * FROM unnest($3::text[], $2::uuid[]))
            ORDER BY account_id FOR UPDATE";
        const HOUSE: &str = "
            SELECT account_id, kind, owner_id, balance FROM ledger_accounts
            WHERE currency = $1 AND owner_id IS NULL AND kind = ANY($2)";
        let owned =
            accounts.into_iter().filter_map(|account| account.owner().map(|owner| (account.kind(), owner.uuid())));
        let (kinds, owners): (Vec<_>, Vec<_>) = owned.unzip();
        let house: Vec<_> =
            accounts.into_iter().filter(|account| account.owner().is_none()).map(Account::kind).collect();
        let mut rows = Vec::new();
        if !owners.is_empty() {
            let query =
                sqlx::query_as::<_, AccountRow>(OWNED).bind(currency.as_str().to_owned()).bind(owners).bind(kinds);
            rows.extend(self.db.fetch_all(query).await?);
        }
        if !house.is_empty() {
            let query = sqlx::query_as::<_, AccountRow>(HOUSE).bind(currency.as_str().to_owned()).bind(house);
            rows.extend(self.db.fetch_all(query).await?);
        }
        let one = |account: Account| {
            let owner = account.owner().map(UserId::uuid);
            let row = rows.iter().find(|row| row.kind == account.kind() && row.owner_id == owner)?;
            let wallet_owner = if let Account::Wallet(owner) = account { Some(owner) } else { None };
            Some(Locked { id: row.account_id, wallet_owner, balance: row.balance })
        };
        let [from, to] = accounts;
        Ok(one(from).zip(one(to)).map(|(from, to)| [from, to]))
    }

    /// Opens the accounts that are not there yet.
    async fn open(&self, accounts: [Account; 2], currency: Currency) -> Result<(), sqldb::Error> {
        // In one order for all, as with the locks: two who open the same accounts wait for each other here.
        const SQL: &str = "
            INSERT INTO ledger_accounts (account_id, kind, owner_id, currency, balance)
            SELECT account_id, kind, owner_id, $1, CASE WHEN owner_id IS NOT NULL THEN 0 END
            FROM unnest($2::uuid[], $3::text[], $4::uuid[]) AS opened (account_id, kind, owner_id)
            ORDER BY owner_id, kind
            ON CONFLICT ON CONSTRAINT ledger_accounts_owner_key DO NOTHING";
        let insert = sqlx::query(SQL)
            .bind(currency.as_str().to_owned())
            .bind(accounts.map(|_| Uuid::now_v7()).to_vec())
            .bind(accounts.map(Account::kind).to_vec())
            .bind(accounts.map(|account| account.owner().map(UserId::uuid)).to_vec());
        self.db.execute(insert).await.map(drop)
    }

    /// Books the transfer between two accounts that are locked.
    pub(crate) async fn create(
        &self,
        transfer: &Transfer,
        payment_id: Option<PaymentId>,
        [from, to]: [&Locked; 2],
    ) -> Result<(), sqldb::Error> {
        const TRANSFER: &str = "
            INSERT INTO ledger_transfers (transfer_id, kind, payment_id, amount, currency, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        // Both entries in one statement: the schema takes no half of a transfer.
        const ENTRIES: &str = "
            WITH moved AS (
                UPDATE ledger_accounts SET balance = balance + amount
                FROM unnest($3::uuid[], $4::bigint[]) AS moving (account_id, amount)
                WHERE ledger_accounts.account_id = moving.account_id AND balance IS NOT NULL
                RETURNING ledger_accounts.account_id, balance
            )
            INSERT INTO ledger_entries
                (entry_id, transfer_id, account_id, amount, balance_after, wallet_owner_id, created_at)
            SELECT entry_id, $1, account_id, amount, moved.balance, wallet_owner_id, $2
            FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[])
                AS added (account_id, amount, entry_id, wallet_owner_id)
            LEFT JOIN moved USING (account_id)";
        let insert = sqlx::query(TRANSFER)
            .bind(transfer.id.uuid())
            .bind(transfer.movement.reason().as_str())
            .bind(payment_id.map(PaymentId::uuid))
            .bind(transfer.amount.amount)
            .bind(transfer.amount.currency.as_str().to_owned())
            .bind(transfer.created_at);
        let insert_entries = sqlx::query(ENTRIES)
            .bind(transfer.id.uuid())
            .bind(transfer.created_at)
            .bind(vec![from.id, to.id])
            .bind(vec![-transfer.amount.amount, transfer.amount.amount])
            .bind(vec![Uuid::now_v7(), Uuid::now_v7()])
            .bind([from, to].map(|account| account.wallet_owner.map(UserId::uuid)).to_vec());
        self.db.execute(insert).await?;
        self.db.execute(insert_entries).await?;
        Ok(())
    }

    pub(crate) async fn balances(&self, owner: UserId) -> Result<Vec<Balance>, sqldb::Error> {
        const SQL: &str = "
            SELECT currency,
                coalesce(sum(balance) FILTER (WHERE kind = 'wallet'), 0)::bigint AS available,
                coalesce(sum(balance) FILTER (WHERE kind = 'held'), 0)::bigint AS held
            FROM ledger_accounts WHERE owner_id = $1 GROUP BY currency ORDER BY currency";
        let rows = self.db.fetch_all(sqlx::query_as::<_, BalanceRow>(SQL).bind(owner.uuid())).await?;
        Ok(rows.into_iter().map(Balance::from).collect())
    }

    pub(crate) async fn query(
        &self,
        owner: UserId,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Entry>, sqldb::Error> {
        let terms =
            order_by.terms().iter().map(|&(OrderField::CreatedAt, direction)| ("entries.created_at", direction));
        let keyset = Keyset::new(terms, "entry_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(
            "SELECT entry_id, transfer_id, kind, entries.amount, currency, balance_after,
                (SELECT wallet_owner_id FROM ledger_entries AS other
                    WHERE other.transfer_id = entries.transfer_id AND other.entry_id <> entries.entry_id) AS counterparty,
                payment_id, entries.created_at",
        );
        push_filter(&mut sql, owner, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<EntryRow>()).await?;
        let slice = Slice::cut(rows, page, total, |row| Keys {
            values: order_by.terms().iter().map(|_| Key::Time(row.created_at)).collect(),
            id: row.entry_id,
        });
        Ok(slice.map(Entry::from))
    }

    pub(crate) async fn count(&self, owner: UserId, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*)");
        push_filter(&mut sql, owner, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }

    pub(crate) async fn query_by_id(
        &self,
        owner: UserId,
        transfer_id: TransferId,
    ) -> Result<Option<Transfer>, sqldb::Error> {
        const SQL: &str = "
            SELECT transfer_id, transfers.amount, currency, transfers.created_at,
                source.wallet_owner_id AS sender, target.wallet_owner_id AS receiver
            FROM ledger_transfers AS transfers
                JOIN ledger_entries AS source USING (transfer_id)
                JOIN ledger_entries AS target USING (transfer_id)
            WHERE transfer_id = $1 AND transfers.kind = 'transfer' AND source.amount < 0 AND target.amount > 0
                AND $2 IN (source.wallet_owner_id, target.wallet_owner_id)";
        let query = sqlx::query_as::<_, TransferRow>(SQL).bind(transfer_id.uuid()).bind(owner.uuid());
        Ok(self.db.fetch_optional(query).await?.map(Transfer::from))
    }

    /// Adds up what was booked. It reads the whole ledger, as of one moment.
    pub(crate) async fn audit(&self) -> Result<Audit, sqldb::Error> {
        const SQL: &str = "
            WITH sums AS (
                SELECT account_id, kind, currency, balance, coalesce(sum(amount), 0)::bigint AS total
                FROM ledger_accounts LEFT JOIN ledger_entries USING (account_id)
                GROUP BY account_id
            )
            SELECT kind, currency, sum(total)::bigint, count(*) FILTER (WHERE balance <> total)
            FROM sums GROUP BY GROUPING SETS ((kind, currency), (currency)) ORDER BY kind NULLS LAST, currency";
        let rows = self.db.fetch_all(sqlx::query_as::<_, (Option<String>, String, i64, i64)>(SQL)).await?;
        let mut audit = Audit::default();
        for (kind, currency, amount, drifted) in rows {
            let total = Money { amount, currency: Currency::restore(&currency) };
            match kind {
                Some(kind) => audit.totals.push((kind, total)),
                None => {
                    audit.drifted += drifted.unsigned_abs();
                    audit.unbalanced.extend((amount != 0).then_some(total));
                }
            }
        }
        Ok(audit)
    }
}

impl From<BalanceRow> for Balance {
    fn from(row: BalanceRow) -> Self {
        let money = |amount| Money { amount, currency: Currency::restore(&row.currency) };
        Self { available: money(row.available), held: money(row.held) }
    }
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: EntryId::restore(row.entry_id),
            transfer_id: TransferId::restore(row.transfer_id),
            reason: Reason::restore(&row.kind),
            amount: Money { amount: row.amount, currency: Currency::restore(&row.currency) },
            balance_after: row.balance_after.unwrap_or_default(),
            counterparty: row.counterparty.map(UserId::restore),
            payment_id: row.payment_id.map(PaymentId::restore),
            created_at: row.created_at,
        }
    }
}

impl From<TransferRow> for Transfer {
    fn from(row: TransferRow) -> Self {
        let (from, to) = (UserId::restore(row.sender), UserId::restore(row.receiver));
        Self {
            id: TransferId::restore(row.transfer_id),
            movement: Movement::Transfer { from, to },
            amount: Money { amount: row.amount, currency: Currency::restore(&row.currency) },
            created_at: row.created_at,
        }
    }
}

/// From where, and which.
fn push_filter(sql: &mut QueryBuilder<Postgres>, owner: UserId, filter: &QueryFilter) {
    sql.push(" FROM ledger_entries AS entries JOIN ledger_transfers USING (transfer_id) WHERE wallet_owner_id = ")
        .push_bind(owner.uuid());
    if let Some(reason) = filter.reason {
        sql.push(" AND kind = ").push_bind(reason.as_str());
    }
    if let Some(currency) = filter.currency {
        sql.push(" AND currency = ").push_bind(currency.as_str().to_owned());
    }
    if let Some(from) = filter.created_from {
        sql.push(" AND entries.created_at >= ").push_bind(from);
    }
    if let Some(before) = filter.created_before {
        sql.push(" AND entries.created_at < ").push_bind(before);
    }
}
