use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use types::{Scope, SecretToken};
use userbus::{Error, UpdateUser, Weakness};

use crate::people::{Ground, PASSWORD, email, password, registration, secret};

const NEW: &str = "a fresh start on Monday";

/// A user who has asked for a token that resets their password.
async fn forgetful() -> (Ground, SecretToken) {
    let ground = Ground::new().await;
    ground.activated("Ada").await;
    ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    let token = ground.token("ada@example.com").await;
    (ground, token)
}

#[tokio::test]
async fn a_token_activates_once_under_many_tries_at_once() {
    let ground = Ground::new().await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    let token = Arc::new(ground.token("ada@example.com").await);
    let replicas = [ground.replica(), ground.replica()];
    let barrier = Arc::new(Barrier::new(50));
    let mut tries = JoinSet::new();
    for place in 0..50 {
        let (users, token, barrier) = (replicas[place % 2].clone(), Arc::clone(&token), Arc::clone(&barrier));
        tries.spawn(async move {
            barrier.wait().await;
            users.activate(&token).await
        });
    }
    let mut activated = 0;
    for outcome in tries.join_all().await {
        match outcome {
            Ok(_) => activated += 1,
            Err(error) => assert!(matches!(error, Error::InvalidToken), "{error:?}"),
        }
    }
    assert_eq!(activated, 1);
    assert_eq!(ground.tokens().await, 0);
}

#[tokio::test]
async fn a_token_resets_a_password_once_under_many_tries_at_once() {
    let (ground, token) = forgetful().await;
    let replicas = [ground.replica(), ground.replica()];
    let token = Arc::new(token);
    let barrier = Arc::new(Barrier::new(50));
    let mut tries = JoinSet::new();
    for place in 0..50 {
        let (users, token, barrier) = (replicas[place % 2].clone(), Arc::clone(&token), Arc::clone(&barrier));
        tries.spawn(async move {
            let text = format!("a fresh start number {place}");
            let reset = users.prepare_password_reset(&token, &password(&text)).await?;
            barrier.wait().await;
            users.reset_password(&reset).await.map(|_| text)
        });
    }
    let mut set = Vec::new();
    for outcome in tries.join_all().await {
        match outcome {
            Ok(text) => set.push(text),
            Err(error) => assert!(matches!(error, Error::InvalidToken), "{error:?}"),
        }
    }
    assert_eq!(set.len(), 1);
    assert!(ground.signs_in("ada@example.com", &set[0]).await && !ground.signs_in("ada@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_token_is_good_for_its_purpose_alone() {
    let (ground, token) = forgetful().await;
    assert!(matches!(ground.users.activate(&token).await, Err(Error::InvalidToken)));
    ground.users.register(registration("Bob", PASSWORD)).await.unwrap();
    let token = ground.token("bob@example.com").await;
    let outcome = ground.users.prepare_password_reset(&token, &password(NEW)).await;
    assert!(matches!(outcome, Err(Error::InvalidToken)));
    let unknown = SecretToken::generate().unwrap();
    assert!(matches!(ground.users.activate(&unknown).await, Err(Error::InvalidToken)));
}

#[tokio::test]
async fn a_token_expires() {
    const LIFETIME: &str = "SELECT extract(epoch FROM expires_at - created_at)::bigint FROM user_tokens";
    const EXPIRE: &str = "UPDATE user_tokens SET created_at = now() - interval '9 days', expires_at = now()";
    let (ground, token) = forgetful().await;
    assert_eq!(ground.number(LIFETIME).await, 45 * 60);
    ground.users.prepare_password_reset(&token, &password(NEW)).await.unwrap();
    let reset = ground.users.prepare_password_reset(&token, &password(NEW)).await.unwrap();
    ground.database.db().execute(sqlx::query(EXPIRE)).await.unwrap();
    let late = ground.users.prepare_password_reset(&token, &password(NEW)).await;
    assert!(matches!(late, Err(Error::InvalidToken)));
    assert!(matches!(ground.users.reset_password(&reset).await, Err(Error::InvalidToken)), "prepared in time");

    let ground = Ground::new().await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    let token = ground.token("ada@example.com").await;
    assert_eq!(ground.number(LIFETIME).await, 3 * 24 * 60 * 60);
    ground.database.db().execute(sqlx::query(EXPIRE)).await.unwrap();
    assert!(matches!(ground.users.activate(&token).await, Err(Error::InvalidToken)));
    assert!(!ground.by_email("ada@example.com").await.may_sign_in());
}

#[tokio::test]
async fn a_weak_password_does_not_use_the_token_up() {
    let (ground, token) = forgetful().await;
    let weak = ground.users.prepare_password_reset(&token, &password("ada@example.com!")).await;
    assert!(matches!(weak, Err(Error::WeakPassword(Weakness::Personal))));
    let reset = ground.users.prepare_password_reset(&token, &password(NEW)).await.unwrap();
    ground.users.reset_password(&reset).await.unwrap();
    assert!(ground.signs_in("ada@example.com", NEW).await);
    assert!(matches!(ground.users.reset_password(&reset).await, Err(Error::InvalidToken)), "once");
    assert_eq!(ground.mails("ada@example.com").await.last().unwrap().subject, "Your Marquee password was changed");
}

#[tokio::test]
async fn a_reset_shows_that_the_address_is_the_user_s_and_activates() {
    let ground = Ground::new().await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    ground.mails("ada@example.com").await;
    ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    let token = ground.token("ada@example.com").await;
    let reset = ground.users.prepare_password_reset(&token, &password(NEW)).await.unwrap();
    assert!(ground.users.reset_password(&reset).await.unwrap().may_sign_in());
    assert!(ground.signs_in("ada@example.com", NEW).await);
    assert_eq!(ground.tokens().await, 0, "the token that activates is spent with it");
}

#[tokio::test]
async fn what_was_mailed_before_a_change_is_worthless_after_it() {
    for change in ["password", "email", "disabled", "deleted"] {
        let (ground, token) = forgetful().await;
        let reset = ground.users.prepare_password_reset(&token, &password(NEW)).await.unwrap();
        let user = ground.by_email("ada@example.com").await;
        match change {
            "password" => {
                let current = secret(PASSWORD);
                let own = Scope::Own(user.id);
                let change = ground
                    .users
                    .prepare_password_change(own, user.id, &current, &password("the other one, then"))
                    .await;
                ground.users.change_password(&change.unwrap()).await.unwrap();
            }
            "email" => {
                let email = Some(email("king@example.com"));
                ground.users.update(&user, UpdateUser { email, ..UpdateUser::default() }).await.unwrap();
            }
            "disabled" => _ = ground.users.disable(&user).await.unwrap(),
            _ => ground.users.delete(user.id, None).await.unwrap(),
        }
        assert!(matches!(ground.users.reset_password(&reset).await, Err(Error::InvalidToken)), "{change}");
        assert_eq!(ground.tokens().await, 0, "{change}");
    }
}

#[tokio::test]
async fn a_token_that_is_asked_for_before_a_change_and_made_after_it_goes_to_nobody() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    let moved = Some(email("king@example.com"));
    ground.users.update(&user, UpdateUser { email: moved, ..UpdateUser::default() }).await.unwrap();
    let subjects: Vec<String> = ground.mails("ada@example.com").await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["Activate your Marquee account", "Your Marquee mail address was changed"]);
    assert_eq!((ground.mails("king@example.com").await.len(), ground.tokens().await), (0, 0));
}

#[tokio::test]
async fn the_sweep_removes_expired_tokens_and_accounts_that_were_never_activated() {
    let ground = Ground::new().await;
    let ada = ground.activated("Ada").await;
    for name in ["Bob", "Cyd", "Dee"] {
        ground.users.register(registration(name, PASSWORD)).await.unwrap();
    }
    ground.mails("bob@example.com").await;
    let db = ground.database.db();
    for sql in [
        "UPDATE users SET created_at = now() - interval '8 days' WHERE name <> 'Dee'",
        "UPDATE user_tokens SET created_at = now() - interval '4 days', expires_at = now() - interval '1 day'
            WHERE user_id <> (SELECT user_id FROM users WHERE name = 'Cyd')",
    ] {
        db.execute(sqlx::query(sql)).await.unwrap();
    }
    let bob = ground.by_email("bob@example.com").await;
    let swept = ground.users.sweep().await.unwrap();
    assert_eq!((swept.tokens, swept.accounts), (2, 1));
    let left = ["ada", "bob", "cyd", "dee"].map(|name| format!("{name}@example.com"));
    let mut there = Vec::new();
    for address in &left {
        there.push(ground.users.query_by_email(Scope::Any, &email(address)).await.is_ok());
    }
    assert_eq!(there, [true, false, true, true], "Ada is active, Cyd has a token, Dee is new");
    let [.., (action, _, difference)] = &ground.audits(bob.id).await[..] else { panic!("no audit") };
    assert_eq!(action, "deleted");
    assert!(!difference.to_string().contains("bob"), "{difference}");
    assert_eq!(ground.users.sweep().await.unwrap(), userbus::Swept::default());
    assert!(ground.users.query_by_id(Scope::Any, ada.id).await.is_ok());
}
