use std::time::Duration;

use types::{Scope, UserId};
use userbus::{Error, Weakness};

use crate::people::{Ground, PASSWORD, password, secret};

const NEW: &str = "a fresh start on Monday";

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_current_one() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    let own = Scope::Own(user.id);
    let wrong = ground.users.prepare_password_change(own, user.id, &secret(NEW), &password(NEW)).await;
    assert!(matches!(wrong, Err(Error::WrongPassword)));
    let change = ground.users.prepare_password_change(own, user.id, &secret(PASSWORD), &password(NEW)).await.unwrap();
    assert!(ground.signs_in("ada@example.com", PASSWORD).await, "it is prepared, not done");
    let changed = ground.users.change_password(&change).await.unwrap();
    assert_eq!(changed.version, user.version.next());
    assert!(ground.signs_in("ada@example.com", NEW).await && !ground.signs_in("ada@example.com", PASSWORD).await);
    assert_eq!(ground.mails("ada@example.com").await.last().unwrap().subject, "Your Marquee password was changed");
}

#[tokio::test]
async fn of_two_changes_of_one_password_the_second_is_a_conflict() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    let own = Scope::Own(user.id);
    let prepare =
        async |new| ground.users.prepare_password_change(own, user.id, &secret(PASSWORD), &password(new)).await;
    let (first, second) = (prepare(NEW).await.unwrap(), prepare("what somebody else chose").await.unwrap());
    ground.users.change_password(&first).await.unwrap();
    assert!(matches!(ground.users.change_password(&second).await, Err(Error::EditConflict { .. })));
    assert!(ground.signs_in("ada@example.com", NEW).await);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_old_one_stays() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada Lovelace").await;
    for (text, expected) in [
        ("1q2w3e4r5t6y7u", Weakness::Common),
        ("Lovelace 1815", Weakness::Personal),
        ("abcdefghijkl", Weakness::Pattern),
    ] {
        let own = Scope::Own(user.id);
        match ground.users.prepare_password_change(own, user.id, &secret(PASSWORD), &password(text)).await {
            Err(Error::WeakPassword(weakness)) => assert_eq!(weakness, expected, "{text}"),
            _ => panic!("{text} was taken"),
        }
    }
    assert!(ground.signs_in("adalovelace@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_password_is_verified_for_its_owner_alone() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    let verify = async |scope, text| ground.users.verify_password(scope, user.id, &secret(text)).await;
    verify(Scope::Own(user.id), PASSWORD).await.unwrap();
    verify(Scope::Any, PASSWORD).await.unwrap();
    assert!(matches!(verify(Scope::Own(user.id), NEW).await, Err(Error::WrongPassword)));
    assert!(matches!(verify(Scope::Own(UserId::new()), PASSWORD).await, Err(Error::NotFound)));
    let other = ground.users.prepare_password_replacement(Scope::Own(UserId::new()), user.id, &password(NEW)).await;
    assert!(matches!(other, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_sign_in_is_confirmed_until_something_changes() {
    let ground = Ground::new().await;
    let user = ground.activated("Ada").await;
    ground.users.confirm(&user).await.unwrap();
    let change = ground.users.prepare_password_replacement(Scope::Any, user.id, &password(NEW)).await.unwrap();
    ground.users.change_password(&change).await.unwrap();
    assert!(matches!(ground.users.confirm(&user).await, Err(Error::BadCredentials)));
}

/// A sign-in and a change at the same moment: one waits for the other.
#[tokio::test]
async fn what_is_confirmed_stays_until_the_transaction_ends() {
    let ground = Ground::new().await;
    let user = &ground.activated("Ada").await;
    let (users, other) = (&ground.users, &ground.replica());
    let change = &users.prepare_password_replacement(Scope::Any, user.id, &password(NEW)).await.unwrap();
    let db = ground.database.db();
    let sign_in = db.transact(async |tx| {
        users.with_tx(&tx).confirm(user).await?;
        let meanwhile = tokio::time::timeout(Duration::from_millis(200), other.change_password(change)).await;
        assert!(meanwhile.is_err(), "the change did not wait");
        Ok::<_, Error>(())
    });
    sign_in.await.unwrap();
    other.change_password(change).await.unwrap();
}
