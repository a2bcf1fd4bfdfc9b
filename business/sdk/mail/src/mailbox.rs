//! The mails of a development machine.

use sqldb::{Db, Tx};
use types::{Email, Id, Name, Timestamp};
use uuid::Uuid;

use crate::message::Message;

/// How many mails are kept, the newest.
const KEPT: i64 = 1000;

/// Names the rows of mails.
#[derive(Debug)]
pub enum MailKind {}

/// Identifies a mail that was kept.
pub type MailId = Id<MailKind>;

/// Where mails are kept that nobody sends.
#[derive(Clone)]
pub struct Mailbox {
    db: Db,
}

/// A mail that was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The mail.
    pub id: MailId,
    /// Where it would have gone.
    pub to: Email,
    /// Whose address that is.
    pub name: Option<Name>,
    /// What it is about.
    pub subject: String,
    /// For those who read plain text.
    pub text: String,
    /// For everyone else.
    pub html: String,
    /// When it was kept.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    mail_id: Uuid,
    to_address: String,
    to_name: Option<String>,
    subject: String,
    text: String,
    html: String,
    created_at: Timestamp,
}

impl Mailbox {
    /// The mailbox in a database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The newest mails, at most `limit`, for one address or for all.
    ///
    /// # Errors
    /// The database failed.
    pub async fn query(&self, to: Option<&Email>, limit: u32) -> Result<Vec<Kept>, sqldb::Error> {
        const SQL: &str = "
            SELECT mail_id, to_address, to_name, subject, text, html, created_at FROM mails
            WHERE $1::text IS NULL OR to_address = $1 ORDER BY created_at DESC, mail_id DESC LIMIT $2";
        let query = sqlx::query_as::<_, Row>(SQL).bind(to.map(Email::as_str)).bind(i64::from(limit));
        Ok(self.db.fetch_all(query).await?.into_iter().map(Kept::from).collect())
    }

    /// One mail.
    ///
    /// # Errors
    /// [`sqldb::Error::NotFound`], or the database failed.
    pub async fn query_by_id(&self, mail_id: MailId) -> Result<Kept, sqldb::Error> {
        const SQL: &str = "
            SELECT mail_id, to_address, to_name, subject, text, html, created_at FROM mails WHERE mail_id = $1";
        self.db.fetch_one(sqlx::query_as::<_, Row>(SQL).bind(mail_id.uuid())).await.map(Kept::from)
    }

    pub(crate) async fn keep(&self, message: &Message) -> Result<(), sqldb::Error> {
        const INSERT: &str = "
            INSERT INTO mails (mail_id, to_address, to_name, subject, text, html) VALUES ($1, $2, $3, $4, $5, $6)";
        const TRIM: &str = "
            DELETE FROM mails WHERE mail_id IN (
                SELECT mail_id FROM mails ORDER BY created_at DESC, mail_id DESC OFFSET $1
            )";
        self.db
            .transact(async |tx: Tx| {
                let insert = sqlx::query(INSERT)
                    .bind(MailId::new().uuid())
                    .bind(message.to.as_str())
                    .bind(message.name.as_ref().map(Name::as_str))
                    .bind(message.subject.as_str())
                    .bind(&message.text)
                    .bind(&message.html);
                tx.db().execute(insert).await?;
                tx.db().execute(sqlx::query(TRIM).bind(KEPT)).await?;
                Ok(())
            })
            .await
    }
}

impl From<Row> for Kept {
    fn from(row: Row) -> Self {
        Self {
            id: MailId::restore(row.mail_id),
            to: Email::restore(row.to_address),
            name: row.to_name.map(Name::restore),
            subject: row.subject,
            text: row.text,
            html: row.html,
            created_at: row.created_at,
        }
    }
}
