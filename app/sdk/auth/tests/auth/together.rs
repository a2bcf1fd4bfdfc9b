//! What many ask at once is asked of the database together, and each gets their own answer.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use apierror::Code;
use auth::{AccessToken, Authenticator};
use dbtest::proxy::Proxy;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use types::{Role, Scope, SessionId};

use crate::ground::{Ground, bearer, principal};

/// Less than anybody waits who is not told.
const SOON: Duration = Duration::from_secs(2);

/// More than any of this takes.
const LONG: Duration = Duration::from_secs(30);

/// The tokens of so many users in sessions of theirs.
async fn tokens(ground: &Ground, count: usize) -> Vec<AccessToken> {
    let mut tokens = Vec::new();
    for number in 0..count {
        let user = ground.add(&format!("user{number}"), &[]).await;
        let session_id = ground.session(&user).await;
        tokens.push(ground.authenticator.mint_within(&user, session_id).unwrap());
    }
    tokens
}

/// Replica whose database takes everything and answers nothing.
fn mute_replica(ground: &Ground) -> (Authenticator, Proxy) {
    let door = Proxy::start();
    let settings = sqldb::Settings { acquire_timeout: LONG, deadline: LONG, ..sqldb::Settings::default() };
    let replica = ground.replica_on(sqldb::Db::open(&door.url(ground.database.name()), settings).unwrap());
    door.mute();
    (replica, door)
}

/// Lets everything go on that can.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn many_users_at_once_take_few_statements_and_each_gets_their_own_answer() {
    let ground = Ground::new().await;
    let mut asked = Vec::new();
    for number in 0..120 {
        let roles = if number % 2 == 0 { &[Role::Editor][..] } else { &[] };
        let user = ground.add(&format!("user{number}"), roles).await;
        let session_id = ground.session(&user).await;
        let token = ground.authenticator.mint_within(&user, session_id).unwrap();
        let expected = match number % 5 {
            0 => {
                ground.users.disable(&user).await.unwrap();
                None
            }
            1 => {
                ground.sessions.revoke(Scope::Any, session_id).await.unwrap();
                None
            }
            _ => Some((user.id, user.roles, Some(session_id))),
        };
        asked.push((token, expected));
    }
    let before = ground.db.stats().acquired;
    let mut requests = JoinSet::new();
    for (token, expected) in asked {
        let authenticator = ground.authenticator.clone();
        requests.spawn(async move { (authenticator.authenticate(&bearer(token.expose())).await, expected) });
    }
    for (outcome, expected) in requests.join_all().await {
        match expected {
            Some(expected) => {
                let principal = principal(outcome);
                assert_eq!((principal.user_id, principal.roles, principal.session_id), expected);
            }
            None => assert_eq!(outcome.unwrap_err().code(), Code::Unauthorized),
        }
    }
    let acquired = ground.db.stats().acquired - before;
    // Two for each batch: of those who asked before the first one began, and of those who came meanwhile.
    assert!(acquired <= 12, "{acquired} statements for 120 users");
}

#[tokio::test]
async fn who_is_more_than_one_statement_asks_for_is_asked_for_by_the_next() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let live = ground.session(&user).await;
    // The one who may come in asks last, of more than 1,000.
    let sessions: Vec<SessionId> = (0..1_100).map(|_| SessionId::new()).chain([live]).collect();
    let before = ground.db.stats().acquired;
    let mut requests = JoinSet::new();
    for session_id in sessions {
        let token = ground.authenticator.mint_within(&user, session_id).unwrap();
        let authenticator = ground.authenticator.clone();
        requests.spawn(async move { (session_id, authenticator.recognise(token.expose()).await) });
    }
    for (session_id, outcome) in requests.join_all().await {
        match outcome {
            Ok(_) => assert_eq!(session_id, live),
            Err(refusal) => {
                assert_ne!(session_id, live);
                assert_eq!(refusal.code(), Code::Unauthorized, "{refusal:?}");
            }
        }
    }
    let acquired = ground.db.stats().acquired - before;
    assert!((4..=12).contains(&acquired), "{acquired} statements for 1,101 sessions");
}

#[tokio::test]
async fn who_leaves_takes_nobody_along() {
    let ground = Ground::new().await;
    let tokens = tokens(&ground, 10).await;
    let mut leaving = Vec::new();
    for token in &tokens {
        leaving.push(Box::pin(ground.authenticator.recognise(token.expose())));
    }
    for asking in &mut leaving {
        // Asks, and does not wait.
        assert!(poll_fn(|context| Poll::Ready(asking.as_mut().poll(context).is_pending())).await);
    }
    let stays = leaving.split_off(9);
    drop(leaving);
    for asking in stays {
        assert!(timeout(LONG, asking).await.unwrap().is_ok());
    }
    for token in &tokens {
        assert!(timeout(LONG, ground.bearer(token.expose())).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn who_has_little_time_waits_no_longer_behind_those_who_hang() {
    let ground = Ground::new().await;
    let tokens = tokens(&ground, 5).await;
    let (replica, _door) = mute_replica(&ground);
    let mut hanging = JoinSet::new();
    for token in &tokens[..4] {
        let (replica, token) = (replica.clone(), token.expose().to_owned());
        hanging.spawn(async move { replica.recognise(&token).await });
        settle().await;
    }
    let deadline = tokio::time::Instant::now() + Duration::from_millis(100);
    let asking = sqldb::within(deadline, replica.recognise(tokens[4].expose()));
    let refusal = timeout(SOON, asking).await.unwrap().unwrap_err();
    assert_eq!(refusal.code(), Code::Unavailable, "{refusal:?}");
    // The others have the time of a look-up.
    while let Some(outcome) = timeout(LONG, hanging.join_next()).await.unwrap() {
        assert_eq!(outcome.unwrap().unwrap_err().code(), Code::Unavailable);
    }
}

#[test]
fn nobody_waits_for_a_worker_that_has_gone() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lasting, passing) = (runtime(), runtime());
    let (ground, tokens) = lasting.block_on(async {
        let ground = Ground::new().await;
        let tokens = tokens(&ground, 5).await;
        (ground, tokens)
    });
    // Its workers are of the runtime that it began in.
    let (replica, _door) = passing.block_on(async { mute_replica(&ground) });
    let mut hanging = JoinSet::new();
    passing.block_on(async {
        for token in &tokens[..4] {
            let (replica, token) = (replica.clone(), token.expose().to_owned());
            hanging.spawn(async move { replica.recognise(&token).await });
            // One worker takes one; as many as there may be hang.
            settle().await;
        }
    });
    lasting.block_on(async {
        let (replica, token) = (replica.clone(), tokens[4].expose().to_owned());
        let mut waiting = JoinSet::new();
        waiting.spawn(async move { replica.recognise(&token).await });
        settle().await;
        assert!(waiting.try_join_next().is_none());
        passing.shutdown_background();
        settle().await;
        let refusal = waiting.try_join_next().unwrap().unwrap().unwrap_err();
        assert_eq!(refusal.code(), Code::Unavailable, "{refusal:?}");
    });
}
