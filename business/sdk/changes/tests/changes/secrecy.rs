//! No column of what changes leave behind has a secret in it.

use changes::{Change, Fields, Shown, Value, within};
use secrecy::{ExposeSecret, SecretString};
use types::{Password, UserId};

use crate::{PERSON, ada, created, fields, from_a_browser, record};

/// What must not be found anywhere, in any form.
const CANARY: &str = "canary-3f9c1a";

/// A value of a domain that holds a secret and shows something else.
struct Token {
    secret: SecretString,
    last_four: i32,
}

impl Shown for Token {
    fn show(&self) -> Value {
        self.last_four.into()
    }
}

#[tokio::test]
async fn after_a_story_of_changes_no_secret_is_in_any_column() {
    let database = dbtest::Database::new().await;
    let db = database.db();
    let password = Password::parse(CANARY).unwrap();
    let token = Token { secret: SecretString::from(CANARY), last_four: 4711 };
    assert_eq!((password.expose(), token.secret.expose_secret()), (CANARY, CANARY));
    let person = ada();
    let with_token = |fields: Fields| fields.field("token", &token).changed("password");
    let story = [
        created(&person),
        Change::updated(PERSON, person.id, person.version, fields(&person), with_token(fields(&person))),
        Change::deleted(PERSON, person.id, person.version, with_token(fields(&person))),
    ];
    within(from_a_browser(UserId::new()), record(&db, &story)).await.unwrap();
    let sql = "SELECT audits::text FROM audits UNION ALL SELECT events::text FROM events";
    let rows: Vec<(String,)> = db.fetch_all(sqlx::query_as(sql)).await.unwrap();
    assert_eq!(rows.len(), 6);
    let all: String = rows.into_iter().map(|(row,)| row).collect();
    assert!(all.contains("4711") && all.contains("password"), "{all}");
    assert!(!all.contains(CANARY), "{all}");
}
