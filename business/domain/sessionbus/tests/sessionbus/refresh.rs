use std::sync::Arc;

use sessionbus::{Error, Refreshed};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use types::{Scope, SecretToken};

use crate::ground::{Ground, device};

#[tokio::test]
async fn a_refresh_gives_another_token_and_notes_the_device() {
    let ground = Ground::new().await;
    let (session, first) = ground.session().await;
    ground.age("1 hour").await;
    let Refreshed { session: after, token: second } =
        ground.sessions.refresh(&first, device("Firefox on a telephone")).await.unwrap();
    assert_ne!(first.expose(), second.expose());
    assert_eq!((after.id, after.user_id), (session.id, session.user_id));
    assert!(after.last_used_at > after.created_at);
    assert_eq!(after.device, device("Firefox on a telephone"));
    assert_eq!(ground.sessions.query_by_id(Scope::Any, session.id).await.unwrap(), after);
    ground.sessions.refresh(&second, device("Firefox")).await.unwrap();
}

#[tokio::test]
async fn a_spent_token_ends_the_session_for_whoever_has_the_next() {
    let ground = Ground::new().await;
    let (session, first) = ground.session().await;
    let second = ground.sessions.refresh(&first, device("Firefox")).await.unwrap().token;
    let third = ground.sessions.refresh(&second, device("Firefox")).await.unwrap().token;
    match ground.sessions.refresh(&first, device("a thief")).await {
        Err(Error::Reused { user_id }) => assert_eq!(user_id, session.user_id),
        other => panic!("{other:?}"),
    }
    assert!(!ground.is_live(&session).await);
    for token in [&first, &second, &third] {
        assert!(matches!(ground.sessions.refresh(token, device("Firefox")).await, Err(Error::Invalid)));
    }
    assert_eq!(ground.number("SELECT count(*) FROM refresh_tokens").await, 0);
}

#[tokio::test]
async fn other_sessions_of_the_user_live_on_after_a_reuse() {
    let ground = Ground::new().await;
    let (session, first) = ground.session().await;
    let (other, _) = ground.sessions.create(session.user_id, device("Firefox")).await.unwrap();
    ground.sessions.refresh(&first, device("Firefox")).await.unwrap();
    ground.sessions.refresh(&first, device("Firefox")).await.unwrap_err();
    assert!(ground.is_live(&other).await && !ground.is_live(&session).await);
}

#[tokio::test]
async fn of_many_refreshes_with_one_token_at_once_one_gets_the_next() {
    let ground = Ground::new().await;
    for _ in 0..3 {
        let (session, token) = ground.session().await;
        let token = Arc::new(token);
        let replicas = [ground.replica(), ground.replica()];
        let barrier = Arc::new(Barrier::new(50));
        let mut tries = JoinSet::new();
        for place in 0..50 {
            let (sessions, token, barrier) = (replicas[place % 2].clone(), Arc::clone(&token), Arc::clone(&barrier));
            tries.spawn(async move {
                barrier.wait().await;
                sessions.refresh(&token, device("Firefox")).await
            });
        }
        let (mut next, mut reused) = (Vec::new(), 0);
        for outcome in tries.join_all().await {
            match outcome {
                Ok(refreshed) => next.push(refreshed.token),
                Err(Error::Reused { .. }) => reused += 1,
                Err(error) => assert!(matches!(error, Error::Invalid), "{error:?}"),
            }
        }
        assert_eq!((next.len(), reused), (1, 1));
        assert!(!ground.is_live(&session).await, "nobody can tell whose copy it was");
        assert!(matches!(ground.sessions.refresh(&next[0], device("Firefox")).await, Err(Error::Invalid)));
    }
}

#[tokio::test]
async fn what_was_never_given_out_refreshes_nothing() {
    let ground = Ground::new().await;
    let (session, _) = ground.session().await;
    let unknown = SecretToken::generate().unwrap();
    assert!(matches!(ground.sessions.refresh(&unknown, device("Firefox")).await, Err(Error::Invalid)));
    // A token that was mailed for another purpose, even if its owner is the same.
    const MAILED: &str = "
        INSERT INTO user_tokens (token_hash, purpose, user_id, created_at, expires_at)
        VALUES ($1, 'password_reset', $2, now(), now() + interval '1 hour')";
    let mailed = sqlx::query(MAILED).bind(unknown.digest()).bind(session.user_id.uuid());
    ground.database.db().execute(mailed).await.unwrap();
    assert!(matches!(ground.sessions.refresh(&unknown, device("Firefox")).await, Err(Error::Invalid)));
    assert!(ground.is_live(&session).await);
}

#[tokio::test]
async fn a_session_that_is_used_lives_on_but_not_for_ever() {
    let ground = Ground::new().await;
    let (session, mut token) = ground.session().await;
    for _ in 0..2 {
        ground.age("13 days 23 hours").await;
        assert!(ground.is_live(&session).await);
        let refreshed = ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
        assert!(refreshed.session.expires_at > types::now());
        token = refreshed.token;
    }
    ground.age("2 days 1 hour").await;
    assert!(ground.is_live(&session).await, "30 days less an hour");
    ground.age("2 hours").await;
    assert!(!ground.is_live(&session).await);
    assert!(matches!(ground.sessions.refresh(&token, device("Firefox")).await, Err(Error::Invalid)));
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let ground = Ground::new().await;
    let (session, token) = ground.session().await;
    ground.age("14 days 1 second").await;
    assert!(!ground.is_live(&session).await);
    assert!(matches!(ground.sessions.refresh(&token, device("Firefox")).await, Err(Error::Invalid)));
}

#[tokio::test]
async fn a_refresh_whose_transaction_is_undone_spends_nothing() {
    let ground = Ground::new().await;
    let (_, token) = ground.session().await;
    let (db, sessions) = (ground.database.db(), &ground.sessions);
    let undone = db.transact(async |tx| {
        sessions.with_tx(&tx).refresh(&token, device("Firefox")).await?;
        Err::<(), _>(Error::NotFound)
    });
    assert!(matches!(undone.await, Err(Error::NotFound)));
    ground.sessions.refresh(&token, device("Firefox")).await.unwrap();
}

#[tokio::test]
async fn the_database_keeps_one_token_that_works_for_each_session() {
    let ground = Ground::new().await;
    let (session, _) = ground.session().await;
    const SQL: &str = "INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES (sha256('x'), $1, now())";
    match ground.database.db().execute(sqlx::query(SQL).bind(session.id.uuid())).await {
        Err(sqldb::Error::Duplicate { constraint }) => assert_eq!(constraint, "refresh_tokens_one_unspent"),
        other => panic!("{other:?}"),
    }
}
