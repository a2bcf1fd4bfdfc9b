//! That the database, which is backed up and read by operators, holds nothing that opens an account.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use types::{Scope, SecretToken};
use userbus::Error;

use crate::people::{Ground, PASSWORD, email, password, registration, secret};

const CANARY: &str = "canary yellow & 4 übermut";

/// Every way in which bytes may have been written down.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let url: String = secret
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(*byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        url.replace("%20", "+").into_bytes(),
        url.into_bytes(),
    ];
    for shift in 0..3 {
        // Within a longer text the bytes may begin anywhere in a group; whole groups of four are the same.
        let groups = &secret[shift..shift + (secret.len() - shift) / 3 * 3];
        forms.extend([STANDARD_NO_PAD.encode(groups).into_bytes(), URL_SAFE_NO_PAD.encode(groups).into_bytes()]);
    }
    forms
}

/// The columns of the database that hold one of the forms of the secret.
async fn found(ground: &Ground, secret: &[u8]) -> Vec<String> {
    const COLUMNS: &str = "
        SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT IN ('mails')
            AND data_type IN ('text', 'character varying', 'bytea', 'jsonb', 'json', 'ARRAY')";
    let mut connection = ground.database.connect().await;
    let columns: Vec<(String, String)> = sqlx::query_as(COLUMNS).fetch_all(&mut connection).await.unwrap();
    assert!(columns.len() > 30, "{columns:?}");
    let mut found = Vec::new();
    for (table, column) in columns {
        for form in forms(secret) {
            // As bytes, and as the text that bytes are shown as.
            let mut sql = sqlx::QueryBuilder::<sqlx::Postgres>::new("SELECT count(*) FROM ");
            sql.push(&table).push(" WHERE position(").push_bind(form).push(" IN ");
            match column.as_str() {
                "token_hash" | "value" | "body" | "fingerprint" => sql.push(&column),
                _ => sql.push("convert_to(").push(&column).push("::text, 'UTF8')"),
            };
            let (count,): (i64,) = sql.push(") > 0").build_query_as().fetch_one(&mut connection).await.unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found
}

/// Everything that is done with a secret, done; the tokens that were in mails.
async fn used(ground: &Ground) -> Vec<SecretToken> {
    let users = &ground.users;
    users.register(registration("Ada", CANARY)).await.unwrap();
    let activation = ground.token("ada@example.com").await;
    let user = users.activate(&activation).await.unwrap();
    users.register(registration("Ada", CANARY)).await.unwrap();
    ground.mails("ada@example.com").await;
    assert!(ground.signs_in("ada@example.com", CANARY).await && !ground.signs_in("ada@example.com", PASSWORD).await);
    let own = Scope::Own(user.id);
    let change = users.prepare_password_change(own, user.id, &secret(CANARY), &password(PASSWORD)).await.unwrap();
    users.change_password(&change).await.unwrap();
    ground.mails("ada@example.com").await;
    users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    let reset = ground.token("ada@example.com").await;
    let prepared = users.prepare_password_reset(&reset, &password(CANARY)).await.unwrap();
    users.reset_password(&prepared).await.unwrap();
    ground.mails("ada@example.com").await;
    // These are not used.
    users.register(registration("Bob", CANARY)).await.unwrap();
    let waiting = ground.token("bob@example.com").await;
    users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    vec![activation, reset, waiting, ground.token("ada@example.com").await]
}

#[tokio::test]
async fn no_password_and_no_token_is_in_any_column_in_any_form() {
    let ground = Ground::new().await;
    let tokens = used(&ground).await;
    assert_eq!(ground.tokens().await, 2, "two wait to be used");
    for text in [CANARY, PASSWORD] {
        assert_eq!(found(&ground, text.as_bytes()).await, [""; 0], "{text}");
    }
    for token in tokens {
        let text = token.expose();
        let bits = URL_SAFE_NO_PAD.decode(&text).unwrap();
        assert_eq!(found(&ground, text.as_bytes()).await, [""; 0]);
        assert_eq!(found(&ground, &bits).await, [""; 0]);
    }
}

#[tokio::test]
async fn the_search_finds_what_is_there() {
    let ground = Ground::new().await;
    used(&ground).await;
    let db = ground.database.db();
    let token = SecretToken::generate().unwrap();
    let bits = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
    let plant = sqlx::query("UPDATE user_tokens SET token_hash = $1 WHERE user_id = $2");
    let bob = ground.by_email("bob@example.com").await;
    db.execute(plant.bind(&bits).bind(bob.id.uuid())).await.unwrap();
    assert_eq!(found(&ground, &bits).await, ["user_tokens.token_hash"]);

    let plant = sqlx::query(
        "INSERT INTO audits (audit_id, occurred_at, actor_kind, entity, entity_id, action, version, difference)
        SELECT gen_random_uuid(), now(), 'anonymous', 'user', user_id, 'x', 1, jsonb_build_object('x', $1::text) FROM users",
    );
    db.execute(plant.bind(STANDARD_NO_PAD.encode(format!("xx{CANARY}")))).await.unwrap();
    assert!(found(&ground, CANARY.as_bytes()).await.contains(&"audits.difference".to_owned()));
    let plant = sqlx::query("UPDATE users SET name = $1");
    db.execute(plant.bind(CANARY)).await.unwrap();
    assert!(found(&ground, CANARY.as_bytes()).await.contains(&"users.name".to_owned()));
}

#[tokio::test]
async fn nothing_that_is_printed_shows_a_token_or_a_password() {
    let ground = Ground::new().await;
    let new = registration("Ada", CANARY);
    let mut printed = format!("{new:?}");
    ground.users.register(new).await.unwrap();
    let token = ground.token("ada@example.com").await;
    printed.push_str(&format!("{token:?}"));
    let errors = [
        ground.users.activate(&SecretToken::generate().unwrap()).await.unwrap_err(),
        ground.users.register(registration("Bob", "bob@example.com")).await.unwrap_err(),
        Error::WrongPassword,
    ];
    printed.push_str(&format!("{errors:?}"));
    for secret in [CANARY, &token.expose(), "example.com"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
