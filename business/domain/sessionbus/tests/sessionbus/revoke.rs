use sessionbus::Error;
use types::{Scope, SessionId, UserId};

use crate::ground::{Ground, device};

#[tokio::test]
async fn a_session_is_ended_by_its_user_and_by_nobody_else() {
    let ground = Ground::new().await;
    let (session, token) = ground.session().await;
    let other = Scope::Own(UserId::new());
    assert!(matches!(ground.sessions.revoke(other, session.id).await, Err(Error::NotFound)));
    assert!(matches!(ground.sessions.query_by_id(other, session.id).await, Err(Error::NotFound)));
    assert!(ground.is_live(&session).await);

    let own = Scope::Own(session.user_id);
    ground.sessions.revoke(own, session.id).await.unwrap();
    assert!(!ground.is_live(&session).await);
    assert!(matches!(ground.sessions.revoke(own, session.id).await, Err(Error::NotFound)));
    assert!(matches!(ground.sessions.refresh(&token, device("Firefox")).await, Err(Error::Invalid)));
    assert!(matches!(ground.sessions.revoke(Scope::Any, SessionId::new()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn all_sessions_of_a_user_end_but_the_one_that_stays() {
    let ground = Ground::new().await;
    let (stays, _) = ground.session().await;
    let (goes, _) = ground.sessions.create(stays.user_id, device("Firefox")).await.unwrap();
    let (other, _) = ground.session().await;
    assert_eq!(ground.sessions.revoke_all(stays.user_id, Some(stays.id)).await.unwrap(), 1);
    assert!(ground.is_live(&stays).await && !ground.is_live(&goes).await && ground.is_live(&other).await);
    assert_eq!(ground.sessions.revoke_all(stays.user_id, None).await.unwrap(), 1);
    assert!(!ground.is_live(&stays).await && ground.is_live(&other).await);
    assert_eq!(ground.sessions.revoke_all(stays.user_id, None).await.unwrap(), 0);
}

#[tokio::test]
async fn sessions_go_with_their_user() {
    let ground = Ground::new().await;
    let (session, token) = ground.session().await;
    let delete = sqlx::query("DELETE FROM users WHERE user_id = $1").bind(session.user_id.uuid());
    ground.database.db().execute(delete).await.unwrap();
    assert!(!ground.is_live(&session).await);
    assert!(matches!(ground.sessions.refresh(&token, device("Firefox")).await, Err(Error::Invalid)));
    assert_eq!(ground.number("SELECT count(*) FROM refresh_tokens").await, 0);
}
