//! What the tests of sessions have in common.

use dbtest::Database;
use serde_json::Value;
use sessionbus::{Business, Device, Session, UserAgent};
use types::{SecretToken, SessionId, UserId};

/// A database with a business on it. Dropping the database ends the test.
pub(crate) struct Ground {
    pub(crate) database: Database,
    pub(crate) sessions: Business,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let sessions = Business::new(database.db());
        Self { database, sessions }
    }

    /// The same database as another replica has it: with a pool of its own.
    pub(crate) fn replica(&self) -> Business {
        Business::new(self.database.db())
    }

    /// Somebody who may have sessions.
    pub(crate) async fn user(&self) -> UserId {
        const SQL: &str = "
            INSERT INTO users (user_id, name, email, password_hash, roles, enabled, activated_at, version, created_at,
                updated_at)
            VALUES ($1, 'Ada', $2, '$argon2id$none', '{}', true, now(), 1, now(), now())";
        let user_id = UserId::new();
        let insert = sqlx::query(SQL).bind(user_id.uuid()).bind(format!("{user_id}@example.com"));
        self.database.db().execute(insert).await.unwrap();
        user_id
    }

    /// A new session of a new user.
    pub(crate) async fn session(&self) -> (Session, SecretToken) {
        self.sessions.create(self.user().await, device("Firefox")).await.unwrap()
    }

    pub(crate) async fn is_live(&self, session: &Session) -> bool {
        self.sessions.live_of(&[session.id]).await.unwrap().contains(&session.id)
    }

    /// Lets time pass for all sessions.
    pub(crate) async fn age(&self, interval: &'static str) {
        const SQL: &str = "
            UPDATE sessions SET created_at = created_at - $1::interval, last_used_at = last_used_at - $1::interval,
                expires_at = expires_at - $1::interval";
        self.database.db().execute(sqlx::query(SQL).bind(interval)).await.unwrap();
    }

    /// What the audits say of a session, in their order.
    pub(crate) async fn audits(&self, session_id: SessionId) -> Vec<(String, Value)> {
        const SQL: &str = "
            SELECT action, difference FROM audits WHERE entity = 'session' AND entity_id = $1 ORDER BY audit_id";
        self.database.db().fetch_all(sqlx::query_as(SQL).bind(session_id.uuid())).await.unwrap()
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.database.db().fetch_one(sqlx::query_as::<_, (i64,)>(sql)).await.unwrap().0
    }
}

pub(crate) fn device(agent: &str) -> Device {
    Device { address: Some([192, 0, 2, 7].into()), user_agent: UserAgent::clip(agent) }
}
