//! What the database knows of a user counts, not what the token says.

use std::time::{Duration, Instant};

use apierror::{ApiError, Code};
use auth::{Authenticator, Permission, STATE_LIFETIME, policy};
use dbtest::proxy::Proxy;
use tokio::task::JoinSet;
use types::{Role, Roles, Scope, SessionId, UserId};
use userbus::{NewUser, User};

use crate::ground::{Ground, bearer, person, principal};

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(10), "it takes effect within 10 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn may(authenticator: &Authenticator, token: &str, permission: Permission) -> bool {
    authenticator.authenticate(&bearer(token)).await.is_ok_and(|caller| policy::decide(permission, &caller).is_ok())
}

#[tokio::test]
async fn a_change_of_roles_and_the_end_of_an_account_take_effect_within_ten_seconds() {
    assert!(STATE_LIFETIME <= Duration::from_secs(5));
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Editor]).await;
    let token = ground.authenticator.mint(&user).unwrap();
    let replica = ground.replica();
    let token = token.expose();
    for authenticator in [&ground.authenticator, &replica] {
        assert!(may(authenticator, token, Permission::MoviesWrite).await);
    }
    let user = ground.users.set_roles(user.id, Roles::from_iter([Role::Support]), None).await.unwrap();
    eventually(async || {
        !may(&ground.authenticator, token, Permission::MoviesWrite).await
            && !may(&replica, token, Permission::MoviesWrite).await
    })
    .await;
    assert_eq!(principal(replica.authenticate(&bearer(token)).await).roles, user.roles);

    ground.users.disable(&user).await.unwrap();
    eventually(async || ground.bearer(token).await.is_err() && replica.authenticate(&bearer(token)).await.is_err())
        .await;
    let refusal: ApiError = ground.bearer(token).await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unauthorized);
}

#[tokio::test]
async fn a_user_who_is_gone_disabled_or_not_activated_is_refused() {
    let ground = Ground::new().await;
    let gone = User { id: UserId::new(), ..ground.add("a", &[]).await };
    let disabled = ground.add("b", &[]).await;
    ground.users.disable(&disabled).await.unwrap();
    let dormant = ground.users.create(NewUser { activated: false, ..person("c", &[]) }).await.unwrap();
    for user in [gone, disabled, dormant] {
        let token = ground.authenticator.mint(&user).unwrap();
        assert_eq!(ground.bearer(token.expose()).await.unwrap_err().code(), Code::Unauthorized);
    }
}

#[tokio::test]
async fn the_tokens_of_a_session_end_with_it_within_ten_seconds_and_no_others_do() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let (here, elsewhere) = (ground.session(&user).await, ground.session(&user).await);
    let replica = ground.replica();
    let mint = |session_id| ground.authenticator.mint_within(&user, session_id).unwrap().expose().to_owned();
    let (here_1, here_2, there) = (mint(here), mint(here), mint(elsewhere));
    let free = ground.authenticator.mint(&user).unwrap().expose().to_owned();
    for authenticator in [&ground.authenticator, &replica] {
        for (token, session_id) in
            [(&here_1, Some(here)), (&here_2, Some(here)), (&there, Some(elsewhere)), (&free, None)]
        {
            let principal = principal(authenticator.authenticate(&bearer(token)).await);
            assert_eq!((principal.user_id, principal.session_id), (user.id, session_id));
        }
    }
    ground.sessions.revoke(Scope::Any, here).await.unwrap();
    let is_refused = async |authenticator: &Authenticator, token: &str| {
        authenticator.authenticate(&bearer(token)).await.is_err_and(|error| error.code() == Code::Unauthorized)
    };
    eventually(async || {
        let mut all = true;
        for authenticator in [&ground.authenticator, &replica] {
            all &= is_refused(authenticator, &here_1).await && is_refused(authenticator, &here_2).await;
        }
        all
    })
    .await;
    for authenticator in [&ground.authenticator, &replica] {
        for token in [&there, &free] {
            assert!(authenticator.authenticate(&bearer(token)).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_token_of_a_session_that_never_was_is_refused() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let token = ground.authenticator.mint_within(&user, SessionId::new()).unwrap();
    assert_eq!(ground.bearer(token.expose()).await.unwrap_err().code(), Code::Unauthorized);
}

#[tokio::test]
async fn a_state_may_be_believed_for_a_shorter_time_and_for_no_longer() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let believing = |lifetime| ground.believing_for(lifetime);
    let (brief, long) = (believing(Duration::from_millis(100)), believing(Duration::from_secs(3600)));
    let token = ground.authenticator.mint(&user).unwrap();
    for authenticator in [&brief, &long] {
        assert!(authenticator.authenticate(&bearer(token.expose())).await.is_ok());
    }
    let start = Instant::now();
    ground.users.disable(&user).await.unwrap();
    eventually(async || brief.authenticate(&bearer(token.expose())).await.is_err()).await;
    assert!(start.elapsed() < Duration::from_secs(3), "sooner than by the usual time");
    eventually(async || long.authenticate(&bearer(token.expose())).await.is_err()).await;
}

#[tokio::test]
async fn with_the_database_away_it_is_unavailable_and_never_unauthorized() {
    let ground = Ground::new().await;
    let known = ground.authenticator.mint(&ground.add("known", &[]).await).unwrap();
    let unknown = ground.add("unknown", &[]).await;
    let session_id = ground.session(&unknown).await;
    let unknown = ground.authenticator.mint_within(&unknown, session_id).unwrap();
    for mute in [true, false] {
        let door = Proxy::start();
        let settings = sqldb::Settings {
            acquire_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(2),
            ..sqldb::Settings::default()
        };
        let replica = ground.replica_on(sqldb::Db::open(&door.url(ground.database.name()), settings).unwrap());
        assert!(replica.authenticate(&bearer(known.expose())).await.is_ok());
        // Kept when it is mute: dropping it closes every connection and refuses new ones.
        let _door = mute.then(|| {
            door.mute();
            door
        });

        assert!(replica.authenticate(&bearer(known.expose())).await.is_ok(), "what is known serves on for its 5 s");
        let refusal = replica.authenticate(&bearer(unknown.expose())).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Unavailable, "{refusal:?}");
        assert!(refusal.headers().iter().any(|(name, _)| name == "retry-after"));
        let forged = replica.authenticate(&bearer("a.b.c")).await.unwrap_err();
        assert_eq!(forged.code(), Code::Unauthorized, "what is wrong anyway needs no database");
    }
}

#[tokio::test]
async fn many_requests_at_once_of_one_session_ask_the_database_once() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let session_id = ground.session(&user).await;
    let token = ground.authenticator.mint_within(&user, session_id).unwrap();
    let before = ground.db.stats().acquired;
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let (authenticator, token) = (ground.authenticator.clone(), token.expose().to_owned());
        requests.spawn(async move { authenticator.authenticate(&bearer(&token)).await });
    }
    for outcome in requests.join_all().await {
        assert_eq!(principal(outcome).user_id, user.id);
    }
    assert_eq!(ground.db.stats().acquired - before, 2, "the user, then the session");
}
