//! That the database holds nothing that refreshes a session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use types::SecretToken;

use crate::ground::{Ground, device};

/// The columns of the database that hold the token: its text, its bits, or its bits in hexadecimal digits.
async fn found(ground: &Ground, token: &SecretToken) -> Vec<String> {
    const COLUMNS: &str = "
        SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'jsonb', 'ARRAY')";
    let mut connection = ground.database.connect().await;
    let columns: Vec<(String, String, String)> = sqlx::query_as(COLUMNS).fetch_all(&mut connection).await.unwrap();
    assert!(columns.len() > 30, "{columns:?}");
    let bits = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for (table, column, kind) in columns {
        for form in [token.expose().into_bytes(), bits.clone(), hex.clone().into_bytes()] {
            let mut sql = sqlx::QueryBuilder::<sqlx::Postgres>::new("SELECT count(*) FROM ");
            sql.push(&table).push(" WHERE position(").push_bind(form).push(" IN ");
            match kind.as_str() {
                "bytea" => sql.push(&column),
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

#[tokio::test]
async fn no_refresh_token_is_in_any_column() {
    let ground = Ground::new().await;
    let (session, first) = ground.session().await;
    let second = ground.sessions.refresh(&first, device("Firefox")).await.unwrap().token;
    for token in [&first, &second] {
        assert_eq!(found(&ground, token).await, [""; 0]);
    }
    assert_eq!(ground.number("SELECT count(*) FROM refresh_tokens").await, 2);

    // The search finds what is there.
    let plant = sqlx::query("UPDATE sessions SET user_agent = $1 WHERE session_id = $2");
    ground.database.db().execute(plant.bind(second.expose()).bind(session.id.uuid())).await.unwrap();
    assert_eq!(found(&ground, &second).await, ["sessions.user_agent"]);
    let bits = URL_SAFE_NO_PAD.decode(first.expose()).unwrap();
    let plant = sqlx::query("UPDATE refresh_tokens SET token_hash = $1 WHERE spent_at IS NULL");
    ground.database.db().execute(plant.bind(bits)).await.unwrap();
    assert_eq!(found(&ground, &first).await, ["refresh_tokens.token_hash"]);
}

#[tokio::test]
async fn nothing_that_is_printed_shows_a_token() {
    let ground = Ground::new().await;
    let (_, token) = ground.session().await;
    let refreshed = ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
    let reused = ground.sessions.refresh(&token, device("Firefox")).await.unwrap_err();
    let printed = format!("{token:?} {refreshed:?} {reused:?} {reused}");
    assert!(!printed.contains(&token.expose()) && !printed.contains(&refreshed.token.expose()), "{printed}");
}
