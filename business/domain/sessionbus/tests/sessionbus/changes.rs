use serde_json::Value;
use types::Scope;

use crate::ground::{Ground, device};

#[tokio::test]
async fn a_session_leaves_its_story() {
    let ground = Ground::new().await;
    let (ended, token) = ground.session().await;
    ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
    ground.sessions.revoke(Scope::Any, ended.id).await.unwrap();
    let (reused, token) = ground.session().await;
    ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
    ground.sessions.refresh(&token, device("Firefox")).await.unwrap_err();

    let actions = async |session_id| -> Vec<String> {
        ground.audits(session_id).await.into_iter().map(|(action, _)| action).collect()
    };
    assert_eq!(actions(ended.id).await, ["created", "ended"], "a refresh changes nothing that anybody audits");
    assert_eq!(actions(reused.id).await, ["created", "reuse_detected"]);
    let (_, difference) = &ground.audits(ended.id).await[0];
    assert_eq!(difference["user_id"]["after"], ended.user_id.to_string());
}

#[tokio::test]
async fn an_event_belongs_to_the_user_and_tells_nothing_of_the_device() {
    let ground = Ground::new().await;
    let (session, _) = ground.session().await;
    ground.sessions.revoke(Scope::Any, session.id).await.unwrap();
    const SQL: &str = "SELECT owner_id, action, data FROM events WHERE entity = 'session' ORDER BY seq";
    let events: Vec<(uuid::Uuid, String, Value)> = ground.database.db().fetch_all(sqlx::query_as(SQL)).await.unwrap();
    assert_eq!(events.len(), 2);
    for (owner, _, data) in events {
        assert_eq!(owner, session.user_id.uuid());
        let text = data.to_string();
        assert!(!text.contains("Firefox") && !text.contains("192.0.2.7"), "{text}");
    }
}
