use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use types::{Role, Scope};
use userbus::{Cost, Error, NewUser, Passwords};

use crate::people::{CHEAP, Ground, PASSWORD, alike, person, secret};

#[tokio::test]
async fn the_right_password_signs_in_however_the_address_is_written() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[Role::Customer]).await;
    assert_eq!(ground.users.authenticate("Ada@Example.COM", &secret(PASSWORD)).await.unwrap(), user);
}

#[tokio::test]
async fn every_way_to_fail_gives_the_same_error() {
    let ground = Ground::new().await;
    ground.add("Ada", &[]).await;
    let disabled = ground.add("Bob", &[]).await;
    ground.users.disable(&disabled).await.unwrap();
    ground.users.create(NewUser { activated: false, ..person("Cyd", &[]) }).await.unwrap();
    let long = "x".repeat(100_000);
    let cases = [
        ("nobody@example.com", PASSWORD),
        ("ada@example.com", "wrong horse battery"),
        ("ada@example.com", "Correct horse battery"),
        ("ada@example.com", "correct horse battery "),
        ("ada@example.com", ""),
        ("ada@example.com", &long),
        ("bob@example.com", PASSWORD),
        ("cyd@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("ada@example.com\0", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("", PASSWORD),
    ];
    for (email, password) in cases {
        let outcome = ground.users.authenticate(email, &secret(password)).await;
        assert!(matches!(outcome, Err(Error::BadCredentials)), "{email:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn every_way_to_fail_takes_as_long() {
    let ground = &Ground::with_passwords(Passwords::default()).await;
    ground.add("Ada", &[]).await;
    ground.users.create(NewUser { activated: false, ..person("Bob", &[]) }).await.unwrap();
    let disabled = ground.add("Cyd", &[]).await;
    ground.users.disable(&disabled).await.unwrap();
    let cases = ["ada@example.com", "nobody@example.com", "not an address", "bob@example.com", "cyd@example.com"];
    let attempt = async |case: usize, round: usize| {
        // Of those who may not sign in, with the right password every other time.
        let password = if case > 2 && round.is_multiple_of(2) { PASSWORD } else { "wrong horse battery" };
        ground.users.authenticate(cases[case], &secret(password)).await.unwrap_err();
    };
    alike::<5>(Duration::from_millis(5), attempt).await;
}

/// What the time is made of, counted: a hash that would be made anew for whoever gets in is not for anyone else.
#[tokio::test]
async fn every_way_to_fail_hashes_once() {
    let ground = Ground::new().await;
    ground.add("Ada", &[]).await;
    ground.users.create(NewUser { activated: false, ..person("Bob", &[]) }).await.unwrap();
    ground.users.disable(&ground.add("Cyd", &[]).await).await.unwrap();
    let passwords = Passwords::new(Cost { memory_kib: 16, passes: 1 }, 1, 8);
    let users = userbus::Business::with_passwords(ground.database.db(), passwords.clone());
    for email in ["ada@example.com", "bob@example.com", "cyd@example.com", "nobody@example.com", "no address", ""] {
        for password in [PASSWORD, "wrong horse battery", ""] {
            if (email, password) == ("ada@example.com", PASSWORD) {
                continue;
            }
            let before = passwords.computed();
            users.authenticate(email, &secret(password)).await.unwrap_err();
            assert_eq!(passwords.computed() - before, 1, "{email:?} {password:?}");
        }
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_is_replaced_at_the_next_sign_in_and_not_otherwise() {
    let ground = Ground::new().await;
    let user = ground.add("Ada", &[]).await;
    let stronger = Passwords::new(Cost { memory_kib: 64, passes: 2 }, 1, 8);
    let users = userbus::Business::with_passwords(ground.database.db(), stronger);
    let stored = async || {
        let sql = sqlx::query_as::<_, (String,)>("SELECT password_hash FROM users");
        ground.database.db().fetch_one(sql).await.unwrap().0
    };
    let weak = stored().await;
    users.authenticate("ada@example.com", &secret("wrong horse battery")).await.unwrap_err();
    assert_eq!(stored().await, weak);

    users.authenticate("ada@example.com", &secret(PASSWORD)).await.unwrap();
    let strong = stored().await;
    assert!(strong.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{strong}");
    users.authenticate("ada@example.com", &secret(PASSWORD)).await.unwrap();
    assert_eq!(stored().await, strong, "once");
    assert_eq!(users.query_by_id(Scope::Any, user.id).await.unwrap(), user, "the user is the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn beyond_the_queue_sign_ins_are_refused_at_once_and_the_runtime_stays_free() {
    let ground = Ground::with_passwords(Passwords::new(Cost::default(), 1, 2)).await;
    ground.add("Ada", &[]).await;
    let mut attempts = JoinSet::new();
    for _ in 0..20 {
        let users = ground.users.clone();
        attempts.spawn(async move { users.authenticate("ada@example.com", &secret(PASSWORD)).await });
    }
    let (mut signed_in, mut busy) = (0, 0);
    for outcome in attempts.join_all().await {
        match outcome {
            Ok(_) => signed_in += 1,
            Err(Error::Busy) => busy += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(signed_in + busy, 20);
    assert!(signed_in >= 3, "one at work and two waiting, at least");
    assert!(busy >= 10, "{busy} refused");
    ground.users.authenticate("ada@example.com", &secret(PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_turn_that_is_given_up_leaves_the_queue() {
    let ground = Ground::with_passwords(Passwords::new(Cost::default(), 1, 1)).await;
    ground.add("Ada", &[]).await;
    for _ in 0..5 {
        let users = ground.users.clone();
        let password = secret(PASSWORD);
        let both = async {
            tokio::join!(
                users.authenticate("ada@example.com", &password),
                users.authenticate("ada@example.com", &password)
            )
        };
        // Long enough to begin, not to end.
        let _ = tokio::time::timeout(Duration::from_millis(5), both).await;
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match ground.users.authenticate("ada@example.com", &secret(PASSWORD)).await {
            Ok(_) => break,
            // Hashes whose callers have gone are still being computed.
            Err(Error::Busy) if Instant::now() < deadline => tokio::task::yield_now().await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_lets_nobody_in() {
    let ground = Ground::with_passwords(Passwords::new(CHEAP, 1, 8)).await;
    ground.add("Ada", &[]).await;
    let sql = sqlx::query("UPDATE users SET password_hash = '$argon2id$damaged'");
    ground.database.db().execute(sql).await.unwrap();
    let outcome = ground.users.authenticate("ada@example.com", &secret(PASSWORD)).await;
    assert!(matches!(outcome, Err(Error::BadCredentials)));
}
