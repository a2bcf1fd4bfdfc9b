//! Users in PostgreSQL: the statements, the rows, what becomes what.

mod token;

use chrono::TimeDelta;
use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{Email, Name, Role, Roles, Scope, Timestamp, UserId, Version};
use uuid::Uuid;

use crate::Error;
use crate::filter::{Fragment, OrderField, QueryFilter};
use crate::hash::PasswordHash;
use crate::model::{UpdateUser, User};

/// Where users are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

pub(crate) use self::token::Purpose;

/// A row, with what places it in an order.
#[derive(sqlx::FromRow)]
struct Row {
    user_id: Uuid,
    name: String,
    email: String,
    roles: Vec<String>,
    enabled: bool,
    activated_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    name_folded: String,
}

/// A row with the hash of the password.
#[derive(sqlx::FromRow)]
struct CredentialRow {
    #[sqlx(flatten)]
    row: Row,
    password_hash: String,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "user_id, name, email, roles, enabled, activated_at, version, created_at, updated_at, name_folded"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Adds the user; `false` when somebody has the address.
    pub(crate) async fn create(&self, user: &User, hash: &PasswordHash) -> Result<bool, Error> {
        const SQL: &str = "
            INSERT INTO users (user_id, name, email, password_hash, roles, enabled, activated_at, version, created_at,
                updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT ON CONSTRAINT users_email_key DO NOTHING";
        let insert = sqlx::query(SQL)
            .bind(user.id.uuid())
            .bind(user.name.as_str())
            .bind(user.email.as_str())
            .bind(hash.expose())
            .bind(names(user.roles))
            .bind(user.enabled)
            .bind(user.activated_at)
            .bind(user.version.number())
            .bind(user.created_at)
            .bind(user.updated_at);
        Ok(self.db.execute(insert).await.map_err(meaning)? == 1)
    }

    /// Changes the user and answers them as they are now; `None` when none has the id and the version of `user`.
    ///
    /// Only what the update names is written: a role that this release does not know is kept.
    pub(crate) async fn update(&self, user: &User, update: UpdateUser) -> Result<Option<User>, Error> {
        // A clock may run behind the one that wrote before it; a user is never older after a change.
        const SQL: &str = concat!(
            "UPDATE users SET
                name       = coalesce($3, name),
                email      = coalesce($4, email),
                roles      = coalesce($5, roles),
                enabled    = coalesce($6, enabled),
                version    = version + 1,
                updated_at = greatest(updated_at, $7)
            WHERE user_id = $1 AND version = $2
            RETURNING ",
            columns!()
        );
        let change = sqlx::query_as::<_, Row>(SQL)
            .bind(user.id.uuid())
            .bind(user.version.number())
            .bind(update.name.as_ref().map(Name::as_str))
            .bind(update.email.as_ref().map(Email::as_str))
            .bind(update.roles.map(names))
            .bind(update.enabled)
            .bind(types::now());
        let row = self.db.fetch_optional(change).await.map_err(meaning)?;
        Ok(row.map(User::from))
    }

    /// Notes that the address of the user is theirs.
    pub(crate) async fn activate(&self, user_id: UserId) -> Result<User, Error> {
        const SQL: &str = concat!(
            "UPDATE users SET
                activated_at = coalesce(activated_at, $2),
                version      = version + 1,
                updated_at   = greatest(updated_at, $2)
            WHERE user_id = $1
            RETURNING ",
            columns!()
        );
        let change = sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid()).bind(types::now());
        Ok(self.db.fetch_optional(change).await?.ok_or(Error::NotFound)?.into())
    }

    /// Puts another password in the place of the user's, and notes that their address is theirs if it was not.
    pub(crate) async fn set_password(
        &self,
        user_id: UserId,
        hash: &PasswordHash,
        activates: bool,
    ) -> Result<User, Error> {
        const SQL: &str = concat!(
            "UPDATE users SET
                password_hash = $2,
                activated_at  = CASE WHEN $3 THEN coalesce(activated_at, $4) ELSE activated_at END,
                version       = version + 1,
                updated_at    = greatest(updated_at, $4)
            WHERE user_id = $1
            RETURNING ",
            columns!()
        );
        let change =
            sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid()).bind(hash.expose()).bind(activates).bind(types::now());
        Ok(self.db.fetch_optional(change).await?.ok_or(Error::NotFound)?.into())
    }

    /// Removes the user and answers them as they were; `None` when none has the id, or they have another version than
    /// `expected`.
    pub(crate) async fn delete(&self, user_id: UserId, expected: Option<Version>) -> Result<Option<User>, Error> {
        const SQL: &str =
            concat!("DELETE FROM users WHERE user_id = $1 AND version = coalesce($2, version) RETURNING ", columns!());
        let delete = sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid()).bind(expected.map(Version::number));
        Ok(self.db.fetch_optional(delete).await.map_err(meaning)?.map(User::from))
    }

    /// Users whose address was not shown to be theirs for `age`, and who have no token to do so any more. Nobody else can
    /// change them until the transaction ends.
    pub(crate) async fn lock_never_activated(&self, age: TimeDelta, most: i64) -> Result<Vec<UserId>, sqldb::Error> {
        const SQL: &str = "
            SELECT user_id FROM users
            WHERE activated_at IS NULL AND created_at <= now() - $1 AND NOT EXISTS (
                SELECT FROM user_tokens WHERE user_tokens.user_id = users.user_id AND expires_at > now())
            ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED";
        let rows = self.db.fetch_all(sqlx::query_as::<_, (Uuid,)>(SQL).bind(age).bind(most)).await?;
        Ok(rows.into_iter().map(|(user_id,)| UserId::restore(user_id)).collect())
    }

    /// Puts a stronger hash of the same password in the place of `old`, unless the password was changed meanwhile.
    /// That is no change of the user: the version stays.
    pub(crate) async fn replace_hash(
        &self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), sqldb::Error> {
        const SQL: &str = "UPDATE users SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2";
        self.db.execute(sqlx::query(SQL).bind(user_id.uuid()).bind(old.expose()).bind(new.expose())).await?;
        Ok(())
    }

    pub(crate) async fn query(
        &self,
        scope: Scope,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<User>, sqldb::Error> {
        let terms = order_by.terms().iter().map(|(field, direction)| (column(*field), *direction));
        let keyset = Keyset::new(terms, "user_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM users"));
        push_filter(&mut sql, scope, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(order_by)).map(User::from))
    }

    pub(crate) async fn query_by_id(&self, user_id: UserId) -> Result<Option<User>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM users WHERE user_id = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, Row>(SQL).bind(user_id.uuid())).await?;
        Ok(row.map(User::from))
    }

    pub(crate) async fn query_by_ids(&self, user_ids: &[UserId]) -> Result<Vec<User>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM users WHERE user_id = ANY ($1)");
        let ids: Vec<Uuid> = user_ids.iter().map(|user_id| user_id.uuid()).collect();
        let rows = self.db.fetch_all(sqlx::query_as::<_, Row>(SQL).bind(ids)).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    pub(crate) async fn query_by_email(&self, email: &Email) -> Result<Option<(User, PasswordHash)>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), ", password_hash FROM users WHERE email = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, CredentialRow>(SQL).bind(email.as_str())).await?;
        Ok(row.map(CredentialRow::into_parts))
    }

    pub(crate) async fn credentials(&self, user_id: UserId) -> Result<Option<(User, PasswordHash)>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), ", password_hash FROM users WHERE user_id = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, CredentialRow>(SQL).bind(user_id.uuid())).await?;
        Ok(row.map(CredentialRow::into_parts))
    }

    /// The user, whom nobody else can change until the transaction ends.
    pub(crate) async fn lock(&self, user_id: UserId) -> Result<Option<(User, PasswordHash)>, sqldb::Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), ", password_hash FROM users WHERE user_id = $1 FOR NO KEY UPDATE");
        let row = self.db.fetch_optional(sqlx::query_as::<_, CredentialRow>(SQL).bind(user_id.uuid())).await?;
        Ok(row.map(CredentialRow::into_parts))
    }

    /// Whether the user has this version, which they keep until the transaction ends.
    pub(crate) async fn hold(&self, user_id: UserId, version: Version) -> Result<bool, sqldb::Error> {
        const SQL: &str = "SELECT true FROM users WHERE user_id = $1 AND version = $2 FOR SHARE";
        let find = sqlx::query_as::<_, (bool,)>(SQL).bind(user_id.uuid()).bind(version.number());
        Ok(self.db.fetch_optional(find).await?.is_some())
    }

    pub(crate) async fn count(&self, scope: Scope, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM users");
        push_filter(&mut sql, scope, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }
}

impl CredentialRow {
    fn into_parts(self) -> (User, PasswordHash) {
        (User::from(self.row), PasswordHash::restore(self.password_hash))
    }
}

impl Row {
    /// The row's place in the order.
    fn keys(&self, order_by: &OrderBy<OrderField>) -> Keys {
        let key = |(field, _): &(OrderField, Direction)| match field {
            OrderField::Name => Key::Text(self.name_folded.clone()),
            OrderField::Email => Key::Text(self.email.clone()),
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        Keys { values: order_by.terms().iter().map(key).collect(), id: self.user_id }
    }
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId::restore(row.user_id),
            name: Name::restore(row.name),
            email: Email::restore(row.email),
            roles: Roles::restore(row.roles.iter().map(String::as_str)),
            enabled: row.enabled,
            activated_at: row.activated_at,
            version: Version::restore(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a violated constraint means for users.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        sqldb::Error::Duplicate { ref constraint } if constraint == "users_email_key" => Error::DuplicateEmail,
        sqldb::Error::Violates { ref constraint } if constraint == "users_admin_remains" => Error::LastAdmin,
        other => Error::Store(other),
    }
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, scope: Scope, filter: &QueryFilter) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    if let Some(user_id) = scope.owner() {
        sql.push(" AND user_id = ").push_bind(user_id.uuid());
    }
    if let Some(name) = &filter.name {
        sql.push(" AND name_folded LIKE '%' || fold_text(").push_bind(literal(name)).push(") || '%'");
    }
    if let Some(email) = &filter.email {
        sql.push(" AND email LIKE '%' || lower(").push_bind(literal(email)).push(") || '%'");
    }
    if let Some(role) = filter.role {
        sql.push(" AND roles @> ").push_bind(vec![role.as_str()]);
    }
    match filter.enabled {
        Some(true) => sql.push(" AND enabled"),
        Some(false) => sql.push(" AND NOT enabled"),
        None => sql,
    };
}

/// The columns are those of the indexes in the migration.
fn column(field: OrderField) -> &'static str {
    match field {
        OrderField::Name => "name_folded",
        OrderField::Email => "email",
        OrderField::CreatedAt => "created_at",
    }
}

/// The names in the order of [`Role::ALL`], in which the table keeps them.
fn names(roles: Roles) -> Vec<&'static str> {
    roles.iter().map(Role::as_str).collect()
}

/// A pattern of LIKE that matches the fragment and nothing else.
fn literal(fragment: &Fragment) -> String {
    let mut pattern = String::new();
    for c in fragment.as_str().chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
