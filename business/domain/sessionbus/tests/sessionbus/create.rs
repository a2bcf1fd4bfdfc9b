use std::sync::Arc;

use sessionbus::{Device, Error, IDLE, LIFETIME, MOST, UserAgent};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use types::{Scope, UserId};

use crate::ground::{Ground, device};

#[tokio::test]
async fn a_new_session_is_read_back_as_it_was_answered() {
    let ground = Ground::new().await;
    let user_id = ground.user().await;
    let (session, _) = ground.sessions.create(user_id, device("Firefox")).await.unwrap();
    assert_eq!(session.user_id, user_id);
    assert_eq!((session.last_used_at, session.expires_at), (session.created_at, session.created_at + IDLE));
    assert_eq!(session.device, device("Firefox"));
    assert_eq!(ground.sessions.query_by_id(Scope::Own(user_id), session.id).await.unwrap(), session);
    assert!(ground.is_live(&session).await);
    assert!(IDLE < LIFETIME);
}

#[tokio::test]
async fn a_session_without_a_known_device_is_one_all_the_same() {
    let ground = Ground::new().await;
    let (session, _) = ground.sessions.create(ground.user().await, Device::default()).await.unwrap();
    assert_eq!(ground.sessions.query_by_id(Scope::Any, session.id).await.unwrap().device, Device::default());
    let v6 = Device { address: Some("2001:db8::7".parse().unwrap()), user_agent: None };
    let (session, _) = ground.sessions.create(session.user_id, v6.clone()).await.unwrap();
    assert_eq!(session.device, v6);
}

#[tokio::test]
async fn what_a_client_says_that_it_is_is_clipped_and_never_refused() {
    let ground = Ground::new().await;
    let user_id = ground.user().await;
    let long = "\u{1f3ac}".repeat(400);
    for (said, kept) in [
        ("  Mozilla/5.0\u{0}\u{1b}[31m (X11)\r\n ", Some("Mozilla/5.0[31m (X11)".to_owned())),
        ("", None),
        (" \t\u{0}", None),
        (&long, Some("\u{1f3ac}".repeat(UserAgent::MAX))),
    ] {
        let (session, _) = ground.sessions.create(user_id, device(said)).await.unwrap();
        assert_eq!(session.device.user_agent.map(|agent| agent.as_str().to_owned()), kept);
    }
}

#[tokio::test]
async fn who_is_not_there_has_no_session() {
    let ground = Ground::new().await;
    let outcome = ground.sessions.create(UserId::new(), device("Firefox")).await;
    assert!(matches!(outcome, Err(Error::NotFound)));
}

#[tokio::test]
async fn of_too_many_sessions_the_one_that_was_used_longest_ago_ends() {
    let ground = Ground::new().await;
    let user_id = ground.user().await;
    let mut all = Vec::new();
    for _ in 0..MOST {
        all.push(ground.sessions.create(user_id, device("Firefox")).await.unwrap());
    }
    ground.age("1 hour").await;
    // The oldest is used again; the second is now the one that was used longest ago.
    ground.sessions.refresh(&all[0].1, device("Firefox")).await.unwrap();
    let other = ground.session().await.0;
    let newest = ground.sessions.create(user_id, device("Firefox")).await.unwrap().0;
    let mut live = Vec::new();
    for (session, _) in &all {
        live.push(ground.is_live(session).await);
    }
    assert_eq!(live.iter().filter(|live| !**live).count(), 1);
    assert!(live[0] && !live[1] && ground.is_live(&newest).await);
    assert!(ground.is_live(&other).await, "somebody else's");
    assert_eq!(ground.audits(all[1].0.id).await.last().unwrap().0, "ended");
}

#[tokio::test]
async fn many_sign_ins_at_once_leave_no_more_sessions_than_there_may_be() {
    let ground = Ground::new().await;
    let user_id = ground.user().await;
    let replicas = [ground.replica(), ground.replica()];
    let attempts = MOST as usize + 20;
    let barrier = Arc::new(Barrier::new(attempts));
    let mut sign_ins = JoinSet::new();
    for place in 0..attempts {
        let (sessions, barrier) = (replicas[place % 2].clone(), Arc::clone(&barrier));
        sign_ins.spawn(async move {
            barrier.wait().await;
            sessions.create(user_id, device("Firefox")).await
        });
    }
    for outcome in sign_ins.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(ground.number("SELECT count(*) FROM sessions").await, i64::from(MOST));
}
