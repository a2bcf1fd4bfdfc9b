use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Barrier, Notify};
use tokio::task::JoinSet;
use types::{Role, Scope};
use userbus::{Error, Passwords, QueryFilter, UpdateUser, Weakness};

use crate::people::{Ground, PASSWORD, alike, cheap, email, password, registration, secret, token_in};

const OTHER: &str = "another long one";

#[tokio::test]
async fn whoever_registers_is_a_customer_once_they_have_shown_that_the_address_is_theirs() {
    let ground = Ground::new().await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    let user = ground.by_email("ada@example.com").await;
    assert_eq!(user.roles.iter().collect::<Vec<_>>(), [Role::Customer]);
    assert!(!user.may_sign_in() && !ground.signs_in("ada@example.com", PASSWORD).await);

    let mails = ground.mails("ada@example.com").await;
    assert_eq!(mails.len(), 1);
    let activated = ground.users.activate(&token_in(&mails[0])).await.unwrap();
    assert_eq!((activated.id, activated.version), (user.id, user.version.next()));
    assert!(activated.may_sign_in() && ground.signs_in("ada@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_known_address_is_left_as_it_is_and_its_owner_told() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    ground.users.register(registration("Ada", OTHER)).await.unwrap();
    assert_eq!(ground.by_email("ada@example.com").await, user);
    assert!(ground.signs_in("ada@example.com", PASSWORD).await && !ground.signs_in("ada@example.com", OTHER).await);
    let mails = ground.mails("ada@example.com").await;
    assert_eq!(mails.last().unwrap().subject, "You have a Marquee account");
    assert!(!mails.last().unwrap().text.contains("token"));
    assert_eq!(ground.tokens().await, 0);
}

#[tokio::test]
async fn of_many_who_register_one_address_at_once_one_user_comes_and_nobody_sees_an_error() {
    let ground = Ground::new().await;
    let replicas = [ground.replica(), ground.replica()];
    let barrier = Arc::new(Barrier::new(50));
    let mut registrations = JoinSet::new();
    for place in 0..50 {
        let (users, barrier) = (replicas[place % 2].clone(), Arc::clone(&barrier));
        registrations.spawn(async move {
            barrier.wait().await;
            users.register(registration("Ada", PASSWORD)).await
        });
    }
    for outcome in registrations.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(ground.users.count(Scope::Any, &QueryFilter::default()).await.unwrap(), 1);
    ground.users.activate(&ground.token("ada@example.com").await).await.unwrap();
    assert!(ground.signs_in("ada@example.com", PASSWORD).await);
}

#[tokio::test]
async fn the_same_registration_again_is_mailed_again() {
    let ground = Ground::new().await;
    for _ in 0..2 {
        ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    }
    let mails = ground.mails("ada@example.com").await;
    assert_eq!(mails.len(), 2);
    // The first token still works: nobody who can only register takes it away.
    ground.users.activate(&token_in(&mails[0])).await.unwrap();
    assert!(ground.signs_in("ada@example.com", PASSWORD).await);
    let again = ground.users.activate(&token_in(&mails[1])).await;
    assert!(matches!(again, Err(Error::InvalidToken)), "the other tokens went with the first one");
}

/// For an address that was mailed often enough of late.
#[tokio::test]
async fn a_quiet_registration_is_mailed_when_nothing_that_works_was_mailed_before() {
    let ground = Ground::new().await;
    for (attempt, mails) in [(PASSWORD, 1), (PASSWORD, 1), (OTHER, 2), (PASSWORD, 2), (OTHER, 2)] {
        ground.users.register_quietly(registration("Ada", attempt)).await.unwrap();
        assert_eq!(ground.mails("ada@example.com").await.len(), mails);
    }
    let reset = ground.users.prepare_password_reset(&ground.token("ada@example.com").await, &password(PASSWORD)).await;
    assert!(ground.users.reset_password(&reset.unwrap()).await.unwrap().may_sign_in());
    ground.users.register_quietly(registration("Ada", OTHER)).await.unwrap();
    let last = ground.mails("ada@example.com").await.pop().unwrap();
    assert_eq!(last.subject, "Your Marquee password was changed");
    assert!(ground.signs_in("ada@example.com", PASSWORD).await);
}

/// Before or after the owner, with a token mailed before or after: whoever registers somebody else's address never has
/// a password that works.
#[tokio::test]
async fn nobody_takes_over_an_address_by_registering_it_with_a_password_of_their_own() {
    for (first, second) in [(OTHER, PASSWORD), (PASSWORD, OTHER)] {
        let ground = Ground::new().await;
        ground.users.register(registration("Ada", first)).await.unwrap();
        let early = ground.token("ada@example.com").await;
        ground.users.register(registration("Ada", second)).await.unwrap();
        let mails = ground.mails("ada@example.com").await;
        assert!(matches!(ground.users.activate(&early).await, Err(Error::InvalidToken)));

        // The mail after the second one is for choosing a password, whoever asks for it.
        assert_eq!(mails.last().unwrap().subject, "Choose a password for your Marquee account");
        let chosen = token_in(mails.last().unwrap());
        assert!(matches!(ground.users.activate(&chosen).await, Err(Error::InvalidToken)));
        for attempt in [first, second] {
            assert!(!ground.signs_in("ada@example.com", attempt).await);
        }
        let reset = ground.users.prepare_password_reset(&chosen, &password("my own, of last night")).await.unwrap();
        assert!(ground.users.reset_password(&reset).await.unwrap().may_sign_in());
        assert!(ground.signs_in("ada@example.com", "my own, of last night").await);
        for attempt in [first, second] {
            assert!(!ground.signs_in("ada@example.com", attempt).await);
        }
    }
}

#[tokio::test]
async fn a_registration_after_two_that_differ_changes_nothing_any_more() {
    let ground = Ground::new().await;
    for attempt in [PASSWORD, OTHER, PASSWORD, OTHER] {
        ground.users.register(registration("Ada", attempt)).await.unwrap();
    }
    let mails = ground.mails("ada@example.com").await;
    assert_eq!(mails.len(), 4);
    let actions: Vec<String> = ground
        .audits(ground.by_email("ada@example.com").await.id)
        .await
        .into_iter()
        .map(|(action, ..)| action)
        .collect();
    assert_eq!(actions, ["registered", "password_locked", "registered_again", "registered_again"]);
    ground.users.request_activation_mail(&email("ada@example.com")).await.unwrap();
    assert!(ground.mails("ada@example.com").await.last().unwrap().subject.starts_with("Choose a password"));
}

/// What was known of the address when its registration began is not what is so when it is done.
#[tokio::test]
async fn an_address_that_is_given_up_meanwhile_is_registered_for_whoever_has_it_now() {
    const WAITING: &str = "
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let ground = &Ground::new().await;
    let user = &ground.activated("Ada").await;
    let (db, other) = (ground.database.db(), ground.replica());
    let changed = Notify::new();
    let register = async {
        changed.notified().await;
        other.register(registration("Ada", OTHER)).await
    };
    let move_away = db.transact(async |tx| {
        let update = UpdateUser { email: Some(email("king@example.com")), ..UpdateUser::default() };
        ground.users.with_tx(&tx).update(user, update).await?;
        changed.notify_one();
        // The registration has found Ada at her address, and waits for her row.
        let start = Instant::now();
        while ground.number(WAITING).await == 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "it does not wait");
        }
        Ok::<_, Error>(())
    });
    let (moved, registered) = tokio::join!(move_away, register);
    moved.and(registered).unwrap();
    let newcomer = ground.by_email("ada@example.com").await;
    assert_ne!(newcomer.id, user.id);
    ground.users.activate(&ground.token("ada@example.com").await).await.unwrap();
    assert!(ground.signs_in("ada@example.com", OTHER).await && ground.signs_in("king@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_weak_password_is_refused_whether_or_not_the_address_is_known() {
    let ground = Ground::new().await;
    ground.activated("Ada").await;
    for (name, text, expected) in [
        ("Ada", "Password1234", Weakness::Common),
        ("Bob", "Password1234", Weakness::Common),
        ("Bob", "aaaaaaaaaaaa", Weakness::Pattern),
        ("Bob", "bob@example.com", Weakness::Personal),
    ] {
        match ground.users.register(registration(name, text)).await {
            Err(Error::WeakPassword(weakness)) => assert_eq!(weakness, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(ground.mails("bob@example.com").await.len(), 0);
}

#[tokio::test]
async fn the_jobs_of_a_registration_are_the_same_for_every_address() {
    let ground = Ground::new().await;
    ground.activated("Ada").await;
    let disabled = ground.activated("Cyd").await;
    ground.users.disable(&disabled).await.unwrap();
    for name in ["Ada", "Bob", "Cyd"] {
        ground.users.register(registration(name, OTHER)).await.unwrap();
    }
    let queued = jobs::query(&ground.database.db(), &jobs::Filter::default(), 100).await.unwrap();
    let mut queued: Vec<_> = queued.into_iter().map(|job| (job.name, job.payload.to_string())).collect();
    queued.sort();
    let expected = ["ada", "bob", "cyd"]
        .map(|name| ("users.activation_mail".to_owned(), format!("{{\"address\":\"{name}@example.com\"}}")));
    assert_eq!(queued, expected);
    let told = ground.mails("cyd@example.com").await;
    assert_eq!(told.last().unwrap().subject, "You have a Marquee account");
}

#[tokio::test]
async fn a_registration_hashes_once_whatever_is_known_of_the_address() {
    let passwords = cheap();
    let ground = Ground::with_passwords(passwords.clone()).await;
    ground.activated("Ada").await;
    ground.users.register(registration("Cyd", PASSWORD)).await.unwrap();
    for (name, text) in [("Ada", PASSWORD), ("Ada", OTHER), ("Bob", OTHER), ("Cyd", PASSWORD), ("Cyd", OTHER)] {
        let before = passwords.computed();
        ground.users.register(registration(name, text)).await.unwrap();
        assert_eq!(passwords.computed() - before, 1, "{name} {text}");
    }
}

#[tokio::test]
async fn a_registration_takes_as_long_for_a_known_address_as_for_an_unknown_one() {
    let ground = &Ground::with_passwords(Passwords::default()).await;
    ground.add("Ada", &[Role::Customer]).await;
    ground.users.register(registration("Cyd", PASSWORD)).await.unwrap();
    let names = |round| ["Ada".to_owned(), format!("Unknown {round}"), "Cyd".to_owned()];
    let register = async |case: usize, round: usize| {
        ground.users.register(registration(&names(round)[case], OTHER)).await.unwrap();
    };
    alike::<3>(Duration::from_millis(5), register).await;
}

#[tokio::test]
async fn who_asks_for_a_mail_gets_the_one_that_fits() {
    let ground = Ground::new().await;
    ground.activated("Ada").await;
    ground.users.register(registration("Bob", PASSWORD)).await.unwrap();
    for address in ["ada@example.com", "bob@example.com", "nobody@example.com"] {
        ground.users.request_activation_mail(&email(address)).await.unwrap();
        ground.users.request_password_reset_mail(&email(address)).await.unwrap();
    }
    let mut told = Vec::new();
    for address in ["ada@example.com", "bob@example.com", "nobody@example.com"] {
        let mut subjects: Vec<String> = ground.mails(address).await.into_iter().map(|mail| mail.subject).collect();
        subjects.sort();
        told.push(subjects);
    }
    let (activate, reset) = ("Activate your Marquee account", "Reset your Marquee password");
    assert_eq!(told[0], [activate, reset, "You have a Marquee account"]);
    assert_eq!(told[1], [activate, activate, reset]);
    assert_eq!(told[2], [""; 0]);
}

#[tokio::test]
async fn a_disabled_account_gets_no_token() {
    let ground = Ground::new().await;
    ground.users.register(registration("Ada", PASSWORD)).await.unwrap();
    let token = ground.token("ada@example.com").await;
    let user = ground.by_email("ada@example.com").await;
    ground.users.disable(&user).await.unwrap();
    assert!(matches!(ground.users.activate(&token).await, Err(Error::InvalidToken)), "what was mailed is worthless");
    ground.users.request_activation_mail(&email("ada@example.com")).await.unwrap();
    ground.users.request_password_reset_mail(&email("ada@example.com")).await.unwrap();
    assert_eq!(ground.mails("ada@example.com").await.len(), 1, "the first one");
    assert_eq!(ground.tokens().await, 0);
}

#[tokio::test]
async fn a_password_from_a_registration_signs_in_with_every_character_of_it() {
    let ground = Ground::new().await;
    let typed = "  pässwörter mit Rand  ";
    ground.users.register(registration("Ada", typed)).await.unwrap();
    ground.users.activate(&ground.token("ada@example.com").await).await.unwrap();
    assert!(ground.users.authenticate("ada@example.com", &secret(typed)).await.is_ok());
    assert!(!ground.signs_in("ada@example.com", typed.trim()).await);
}
